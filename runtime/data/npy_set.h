/*
** npy_set.h - data sets of numpy arrays: x_train, y_train and, if they are there, x_val, y_val,
** x_test and y_test, as .npy or .npz (npy_source.h). Without x_val a share of x_train validates: of
** each class the same share, the same images in whatever order they are.
*/
#ifndef LATHE_NPY_SET_H
#define LATHE_NPY_SET_H

#include <stdbool.h>

#include "data/dataset.h"

/* path: a folder, or a .npz. Arrays are as arrays.h takes them, those of all parts of one range.
** err names the file. */
bool npy_set_open(struct dataset *d, const struct data_options *o, const char *path, char *err);

#endif
