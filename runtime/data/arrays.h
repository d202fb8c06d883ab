/*
** arrays.h - .npy arrays as images and labels: which shapes and types are taken and, where an
** array's shape says what it is, the line of numpy that makes it one of them.
*/
#ifndef LATHE_ARRAYS_H
#define LATHE_ARRAYS_H

#include "data/dataset.h"
#include "file/npy.h"

/* *x becomes (n, channels, height, width): its channels may come last, or be none. False, with a
** message: these are not images of f4 (or f2, which is read as f4), f8 or u1 for the network. */
bool arrays_images(struct npy *x, const char *path, const struct data_options *o, char *err);

/* What arrays_images accepts as a set of images: bytes stay in *x, reals go to `room`, which is of
** the program's type; NULL where there is none. */
struct images arrays_set(const struct npy *x, real *room /* [x->count] */);

/* The labels of `images` images, (n) or (n, 1): integers of any type, below `classes`. False: err
** says which is none. */
bool arrays_labels(const struct npy *y, const char *path, size_t images, int classes,
                   int32_t *out /* [images] */, char *err);

/* The targets of `images` images, (n) and the shape of the network's scores, whatever empty axes
** there are: finite and, where they are shares, from 0 to 1. */
bool arrays_targets(const struct npy *y, const char *path, size_t images,
                    const struct data_options *o, real *out, char *err);

#endif
