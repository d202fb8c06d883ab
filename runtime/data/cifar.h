/*
** cifar.h - the binary format of CIFAR-10 and CIFAR-100: records of one label (CIFAR-100: a coarse
** and a fine one) and the planes R, G, B of 32x32 bytes
** (https://www.cs.toronto.edu/~kriz/cifar.html). Own sets may have any number of files, records and
** classes.
*/
#ifndef LATHE_CIFAR_H
#define LATHE_CIFAR_H

#include <stdbool.h>

#include "data/dataset.h"

/* All but the last 1,000 training images train, those validate, the first 1,000 test images
** test, unless the options say otherwise. err names file, record and offset. */
bool cifar_10_open(struct dataset *d, const struct data_options *o, const char *dir, char *err);
bool cifar_100_open(struct dataset *d, const struct data_options *o, const char *dir, char *err);

#endif
