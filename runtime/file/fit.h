/*
** fit.h - an image as a network takes it: its size and its channels. Training and `predict` call
** the same functions, so that an image is to both the same.
*/
#ifndef LATHE_FIT_H
#define LATHE_FIT_H

#include <stdbool.h>

#include "file/image.h"

/* Neither: the image has the size already. */
struct fit {
    bool resize;        /* scaled, whatever its shape, */
    bool middle;        /* or its middle alone: as it is, or with resize as much of it as has the
                           shape, scaled */
};

/*
** To h x w: bilinear by pixels' middles, and where it shrinks by tents as wide as the step, so
** that no pixel is passed over.
*/
bool image_resize(struct image *image, int h, int w, char *err);

/* To h x w as `fit` says. Where that is not enough to make it so it stays as it is. */
bool image_fit(struct image *image, int h, int w, const struct fit *fit, char *err);

/* To c of 1 to 4 channels: grey is 0.299 R + 0.587 G + 0.114 B (19595, 38470, 7471 of 65536), a
** colour of it has it three times; what tells how opaque pixels are is left out, or 255. */
bool image_channels(struct image *image, int c, char *err);

/* To whole numbers, as sets of bytes have them. */
void image_round(struct image *image);

#endif
