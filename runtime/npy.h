/*
** npy.h - NumPy's array files: versions 1 to 3, C order, little endian, the types
** f4 f8 u1 i4 i8 (numpy.lib.format describes them).
*/
#ifndef LATHE_NPY_H
#define LATHE_NPY_H

#include <stdbool.h>
#include <stddef.h>

enum npy_type { NPY_F4, NPY_F8, NPY_U1, NPY_I4, NPY_I8 };

enum { NPY_MAX_RANK = 8 };

struct npy {
    enum npy_type type;
    int rank;
    size_t dim[NPY_MAX_RANK];
    size_t count;               /* values */
    void *data;                 /* aligned for its type */
    void *file;                 /* what npy_close frees */
};

bool npy_read(struct npy *a, const char *path, char *err);
void npy_close(struct npy *a);

/* Version 1.0; the file appears whole or not at all. */
bool npy_write(const char *path, enum npy_type type, const size_t *dim, int rank,
               const void *data, char *err);

#endif
