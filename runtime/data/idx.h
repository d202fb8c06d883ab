/*
** idx.h - MNIST's IDX files, plain or compressed by gzip, and what shares their names: Fashion-
** MNIST, KMNIST, EMNIST. A file begins with its number of dimensions and their sizes, big endian,
** then come bytes (LeCun, Cortes, Burges, "The MNIST database").
*/
#ifndef LATHE_IDX_H
#define LATHE_IDX_H

#include <stdbool.h>

#include "data/dataset.h"

/*
** NAMEtrain-images-idx3-ubyte, NAMEtrain-labels-idx1-ubyte and, if they are there, the same of t10k
** or test; or the names with a dot before idx; each with .gz or without. NAME is nothing or
** `emnist-letters-` and its like. `path`: their folder, or of several sets in it the file of one's
** training images. Images of one channel of any size, and labels of as many classes as the network
** has. EMNIST's images, which lie on their sides, are turned upright; its letters count from 1, and
** NAMEmapping.txt names its classes.
*/
bool idx_open(struct dataset *d, const struct data_options *o, const char *path, char *err);

#endif
