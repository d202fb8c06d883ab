/*
** picture.h - pixels in a page.
*/
#ifndef LATHE_PICTURE_H
#define LATHE_PICTURE_H

#include <stddef.h>
#include <stdio.h>

#include "data/dataset.h"

enum { PICTURE_SIDE = 64 };     /* larger images are thinned to this */

/*
** An <img> of c x h x w values in canonical order (planes): of three channels in colour,
** else the first one in grey; from black at `least` to white at `most`. title: what it is.
*/
void picture_values(FILE *out, const real *values, const int shape[3], real least, real most,
                    const char *title);

/* Image `index` of a set; of values, from its least to its greatest. */
void picture_image(FILE *out, const struct images *set, size_t index, const char *title);

#endif
