/*
** folder.h - a data set of image files in folders, DIR/train/CLASS/IMAGE: PNG, PPM and PGM. The
** folders of train are the classes, in the order of their names' bytes; of val and test those that
** are there have the same names. Without val a share of train validates: of each class the same
** share, those whose names have the least hashes.
*/
#ifndef LATHE_FOLDER_H
#define LATHE_FOLDER_H

#include "data/dataset.h"

bool folder_open(struct dataset *d, const struct data_options *o, const char *dir, char *err);

#endif
