/*
** npy.h - NumPy's array files, whatever numpy.load reads of booleans, integers and floats of up to
** 8 bytes: versions 1 to 3, either order of bytes and of memory (numpy.lib.format describes them).
*/
#ifndef LATHE_NPY_H
#define LATHE_NPY_H

#include <stdbool.h>
#include <stddef.h>

/* Others become the least of these that holds their values. */
enum npy_type { NPY_F4, NPY_F8, NPY_U1, NPY_I4, NPY_I8 };

enum { NPY_MAX_RANK = 64 };      /* numpy's */

struct npy {
    enum npy_type type;
    int rank;
    size_t dim[NPY_MAX_RANK];
    size_t count;               /* values */
    void *data;                 /* in C order, aligned for its type */
    void *file;                 /* what npy_close frees */
    size_t archive;             /* 0; of a member, which messages call "FILE.npz: NAME", the bytes
                                   of FILE.npz */
};

size_t npy_size(enum npy_type type);        /* bytes of a value */

/* Value k, of whatever type; of 64-bit integers the nearest double. */
double npy_number(const struct npy *a, size_t k);

/* It begins as such a file does. */
bool npy_begins(const void *file, size_t size);

/* err names what is wrong; *a is empty then. */
bool npy_read(struct npy *a, const char *path, char *err);

/* The same of a file's bytes; path is for messages alone. */
bool npy_parse(struct npy *a, const void *file, size_t size, const char *path, char *err);
void npy_close(struct npy *a);

/* Version 1.0; the file appears whole or not at all. */
bool npy_write(const char *path, enum npy_type type, const size_t *dim, int rank,
               const void *data, char *err);

#endif
