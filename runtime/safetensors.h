/*
** safetensors.h - named tensors in one file: 8 bytes with the header's length, a
** JSON header, the data (the format of huggingface/safetensors). The writer adds
** metadata "checksum": 64-bit FNV-1a of the data section in hexadecimal, which the
** reader verifies where it is there.
*/
#ifndef LATHE_SAFETENSORS_H
#define LATHE_SAFETENSORS_H

#include <stdbool.h>
#include <stddef.h>

enum tensor_type { TENSOR_F32, TENSOR_F64, TENSOR_I32, TENSOR_I64, TENSOR_U8 };

enum { TENSOR_MAX_RANK = 8 };

struct tensor {
    const char *name;
    enum tensor_type type;
    int rank;
    size_t dim[TENSOR_MAX_RANK];
    const void *data;           /* read: anywhere in the file, not aligned */
    size_t count;               /* values */
};

struct tensor_metadata { const char *key, *value; };

struct safetensors {
    struct tensor *tensor; int count;
    struct tensor_metadata *metadata; int entries;
    void *file, *strings;       /* what safetensors_close frees */
};

/* Reads the whole file. Every length is checked: tensors lie one behind the other
** and fill the data section. err names what is wrong. */
bool safetensors_read(struct safetensors *s, const char *path, char *err);
void safetensors_close(struct safetensors *s);

const struct tensor *safetensors_find(const struct safetensors *s, const char *name);
const char *safetensors_metadata(const struct safetensors *s, const char *key);  /* or NULL */

/* Same input, same bytes; the file appears whole or not at all. */
bool safetensors_write(const char *path, const struct tensor *tensors, int count,
                       const struct tensor_metadata *metadata, int entries, char *err);

#endif
