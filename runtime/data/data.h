/*
** data.h - where images and labels come from.
*/
#ifndef LATHE_DATA_H
#define LATHE_DATA_H

#include "data/dataset.h"
#include "data/preprocess.h"

/*
** Opens, in this order: options->dir, a directory or a file that is a set or tells which is meant;
** that in $LATHE_DATA (set but missing is an error); data/cifar-10-batches-bin; the synthetic set.
** The format is told by the files' names. A set of another shape (with options->crop: of smaller
** images) or with more classes than the network's is an error; err names file, record and offset.
*/
bool dataset_open(struct dataset *d, const struct data_options *options, char *err);

#endif
