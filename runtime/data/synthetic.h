/*
** synthetic.h - a built-in set of images for any shape and class count, drawn image by
** index: coloured, textured shapes at random places, sizes and rotations, with noise.
** Colour and place say nothing of the class, so a linear classifier stays far below a
** convolutional network.
*/
#ifndef LATHE_SYNTHETIC_H
#define LATHE_SYNTHETIC_H

#include <stdbool.h>

#include "data/dataset.h"

/* 10,000 training images, 1,000 to validate, 1,000 to test, unless the options say
** otherwise (--train-samples up to 100,000). The same images for every seed. */
bool synthetic_open(struct dataset *d, const struct data_options *o, char *err);

/* Image `index` of a set with this many classes; its class is index % classes. */
void synthetic_draw(uint8_t *out, int c, int h, int w, int classes, uint64_t index);

#endif
