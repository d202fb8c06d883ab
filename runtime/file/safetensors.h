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

/* The first five are used; the others may be in a file, for other programs. */
enum tensor_type {
    TENSOR_F32, TENSOR_F64, TENSOR_I32, TENSOR_I64, TENSOR_U8,
    TENSOR_BOOL, TENSOR_F4, TENSOR_F6_E2M3, TENSOR_F6_E3M2, TENSOR_I8, TENSOR_F8_E5M2,
    TENSOR_F8_E4M3, TENSOR_F8_E8M0, TENSOR_F8_E4M3FNUZ, TENSOR_F8_E5M2FNUZ, TENSOR_I16, TENSOR_U16,
    TENSOR_F16, TENSOR_BF16, TENSOR_U32, TENSOR_C64, TENSOR_U64
};

enum { TENSOR_MAX_RANK = 8 };

struct tensor {
    const char *name;
    enum tensor_type type;
    int rank;                   /* read: may be greater than TENSOR_MAX_RANK */
    size_t dim[TENSOR_MAX_RANK];        /* the first ones */
    const void *data;           /* read: anywhere in the file, not aligned */
    size_t count;               /* values */
    size_t from, to;            /* read: its bytes in the data section */
    bool huge;                  /* read: `count` did not fit */
};

struct tensor_metadata { const char *key, *value; };

struct safetensors {
    struct tensor *tensor; int count;           /* in the order of their names */
    struct tensor_metadata *metadata; int entries;
    void *file, *strings;       /* what safetensors_close frees */
};

/* Reads the whole file: what the reference implementation reads, and nothing else. Every length
** is checked: tensors, in whatever order the header names them, lie one after the other and fill
** the data section; of two with one name the last counts. err names what is wrong. */
bool safetensors_read(struct safetensors *s, const char *path, char *err);
void safetensors_close(struct safetensors *s);

const struct tensor *safetensors_find(const struct safetensors *s, const char *name);
const char *safetensors_type_name(enum tensor_type type);       /* "F32" */
const char *safetensors_metadata(const struct safetensors *s, const char *key);  /* or NULL */

/* Same input, same bytes; the file appears whole or not at all. */
bool safetensors_write(const char *path, const struct tensor *tensors, int count,
                       const struct tensor_metadata *metadata, int entries, char *err);

#endif
