/*
** idx.h - MNIST's IDX files, plain (not compressed), and what shares their names: Fashion-
** MNIST. A file begins with its number of dimensions and their sizes, big endian, then come
** bytes (LeCun, Cortes, Burges, "The MNIST database").
*/
#ifndef LATHE_IDX_H
#define LATHE_IDX_H

#include <stdbool.h>

#include "data/dataset.h"

/* train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and
** t10k-labels-idx1-ubyte, or the names with a dot before idx. Images of one channel of any
** size, and labels of as many classes as the network has. */
bool idx_open(struct dataset *d, const struct data_options *o, const char *dir, char *err);

#endif
