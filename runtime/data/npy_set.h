/*
** npy_set.h - data sets of numpy arrays: x_train.npy, y_train.npy, x_val.npy, y_val.npy and, if it
** is there, x_test.npy with y_test.npy.
*/
#ifndef LATHE_NPY_SET_H
#define LATHE_NPY_SET_H

#include <stdbool.h>

#include "data/dataset.h"

/* Arrays are as arrays.h takes them, those of all parts of one range. err names the file. */
bool npy_set_open(struct dataset *d, const struct data_options *o, const char *dir, char *err);

#endif
