/*
** cifar.h - CIFAR-10's binary distribution: records of 3,073 bytes, a label and the
** planes R, G, B of 32x32 (https://www.cs.toronto.edu/~kriz/cifar.html).
*/
#ifndef LATHE_CIFAR_H
#define LATHE_CIFAR_H

#include <stdbool.h>

#include "dataset.h"

/* 49,000 training images, the next 1,000 validate, the first 1,000 of test_batch.bin
** test, unless the options say otherwise. err names file, record and offset. */
bool cifar_open(struct dataset *d, const struct data_options *o, const char *dir, char *err);

#endif
