/*
** png.h - PNG (ISO 15948): all colour types and depths, palettes, transparency, interlacing.
*/
#ifndef LATHE_PNG_H
#define LATHE_PNG_H

#include <stdbool.h>
#include <stddef.h>

#include "core/model.h"

enum { PNG_VALUES = 1 << 28 };      /* of one image, channels counted; some 9,000 pixels squared */

/* Channels: grey 1, colour 3, and one more where pixels can be transparent: by a channel, a
** transparent colour or a palette that says so. */
struct png_image {
    int c, h, w;
    real *values;           /* [c][h][w], 0 to 255; for the caller to free, also after a fault */
};

/* "\x89PNG" begins the bytes: what follows is meant to be one. */
bool png_begins(const unsigned char *bytes, size_t size);

/*
** The image whose first byte is `at`; *end: where its last chunk ends, what follows is not looked
** at. False: err names offset, chunk, what was expected.
*/
bool png_read(const char *name, const unsigned char *bytes, size_t size, size_t at,
              struct png_image *out, size_t *end, char *err);

#endif
