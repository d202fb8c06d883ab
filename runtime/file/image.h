/*
** image.h - images from files: PNG, Netpbm's PGM and PPM (P2, P3, P5, P6; netpbm.sourceforge.net),
** several in one file, too, and CIFAR's records, of one size or another.
*/
#ifndef LATHE_IMAGE_H
#define LATHE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/model.h"

struct image_file {
    const char *name;         /* as messages have it */
    unsigned char *bytes;     /* all of it */
    size_t size, at;
    size_t count;             /* images met so far */
    int classes;              /* of the network */
    bool coarse;              /* of CIFAR-100's two labels the first counts */
};

struct image {
    size_t index, at;         /* in its file, and its offset there */
    bool alone;               /* its file holds no other */
    int c, h, w;              /* 1 grey, 3 colour; one more: how opaque each pixel is */
    real *values;             /* [c][h][w], 0 to 255; image_free frees them */
    int label;                /* -1: unknown */
};

enum image_result { IMAGE_GOOD, IMAGE_BAD, IMAGE_END };

/* "-" is standard input. */
bool image_open(struct image_file *f, const char *path, int classes, char *err);
void image_close(struct image_file *f);

/* False: it holds records of CIFAR's, or no images. */
bool image_pictures(const struct image_file *f);

/* The next image. IMAGE_BAD: err names file, offset, and what was expected; what follows it is
** read if it can be found. */
enum image_result image_next(struct image_file *f, struct image *out, char *err);
void image_free(struct image *image);

#endif
