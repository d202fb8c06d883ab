/*
** image.c - PGM, PPM and CIFAR records. It must never trust a size that the file states: room
** is made only for what the file is long enough to hold.
*/
#include "image.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "file.h"
#include "foreign.h"

enum { IMAGE_SIDE = 32, IMAGE_RECORD = 3*IMAGE_SIDE*IMAGE_SIDE, IMAGE_MOST = 65536 };

bool image_open(struct image_file *f, const char *path, int classes, char *err)
{
    bool standard = strcmp(path, "-") == 0;
    *f = (struct image_file){ .name = standard ? "standard input" : path, .classes = classes };
    f->bytes = standard ? file_read_stream(stdin, f->name, &f->size, err)
                        : file_read(path, &f->size, err);
    if (f->bytes && foreign_found(f->name, f->bytes, f->size, err))
        image_close(f);
    return f->bytes && (f->size || error_set(err, "%s: is empty", f->name));
}

void image_close(struct image_file *f)
{
    free(f->bytes);
    f->bytes = NULL;
}

void image_free(struct image *image)
{
    free(image->values);
    image->values = NULL;
}

/* The next byte, or -1; a comment, from # to the line's end, reads as that end. */
static int image_byte(struct image_file *f)
{
    if (f->at < f->size && f->bytes[f->at] == '#')
        while (f->at < f->size && f->bytes[f->at] != '\n' && f->bytes[f->at] != '\r')
            f->at++;
    return f->at < f->size ? f->bytes[f->at++] : -1;
}

static bool image_blank(int c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* A number up to `most`, and the blank behind it. */
static bool image_number(struct image_file *f, const char *what, int least, int most, int *out,
                         char *err)
{
    int c;
    do
        c = image_byte(f);
    while (image_blank(c));
    size_t at = f->at - (c >= 0);
    int value = 0;
    for (*out = -1; c >= '0' && c <= '9' && value <= most; c = image_byte(f))
        *out = value = 10*value + c - '0';
    if (*out >= least && value <= most && (c < 0 || image_blank(c)))
        return true;
    bool ended = at == f->size;
    f->at = f->size;
    return error_set(err, "%s: offset %zu: %s expected, a whole number from %d to %d%s", f->name,
                     at, what, least, most, ended ? "; the file ends there" : "");
}

/* The samples, in the file pixel by pixel. */
static bool image_samples(struct image_file *f, struct image *image, bool plain, int most,
                          char *err)
{
    size_t map = (size_t)image->h*(size_t)image->w, at = f->at, bytes = most > 255 ? 2 : 1;
    uint64_t count = (uint64_t)image->c*(uint64_t)image->h*(uint64_t)image->w;
    uint64_t needed = plain ? 2*count - 1 : bytes*count, left = f->size - at;
    if (left < needed) {
        f->at = f->size;
        return error_set(err, "%s: short: %llu bytes from offset %zu, at least %llu expected for "
                         "%dx%dx%d values", f->name, (unsigned long long)left, at,
                         (unsigned long long)needed, image->c, image->h, image->w);
    }
    image->values = calloc((size_t)count, sizeof(real));
    if (!image->values)
        return error_set(err, "%s: not enough memory", f->name);
    bool good = true;
    for (size_t k = 0; k < (size_t)count && (good || !plain); k++) {
        int value = 0;
        if (plain) {
            good = image_number(f, "a sample", 0, most, &value, err);
        } else {
            for (size_t b = 0; b < bytes; b++)
                value = 256*value + f->bytes[f->at++];
            if (value > most && good)
                good = error_set(err, "%s: offset %zu: sample %d, 0 to %d expected", f->name,
                                 f->at - bytes, value, most);
        }
        size_t c = k % (size_t)image->c, pixel = k / (size_t)image->c;
        image->values[c*map + pixel] = (real)(value*255.0/most);
    }
    return good;
}

static bool image_netpbm(struct image_file *f, struct image *image, char *err)
{
    int kind = f->at + 1 < f->size ? f->bytes[f->at + 1] : 0, most;
    if (!kind || f->bytes[f->at] != 'P' || !strchr("2356", kind)) {
        f->at = f->size;
        return error_set(err, "%s: offset %zu: P2, P3, P5 or P6 expected: PGM and PPM are read",
                         f->name, image->at);
    }
    f->at += 2;
    bool plain = kind < '5';
    image->c = kind % 3 == 0 ? 3 : 1;      /* '3' is 51, '6' 54 */
    bool good = image_number(f, "the width", 1, IMAGE_MOST, &image->w, err)
                && image_number(f, "the height", 1, IMAGE_MOST, &image->h, err)
                && image_number(f, "the greatest value", 1, 65535, &most, err)
                && image_samples(f, image, plain, most, err);
    while (f->at < f->size && image_blank(f->bytes[f->at]))
        f->at++;                           /* which begin no image */
    return good;
}

static bool image_record(struct image_file *f, struct image *image, char *err)
{
    size_t labels = f->classes == 100 ? 2 : 1, size = labels + IMAGE_RECORD;
    size_t left = f->size - f->at, found = left < size ? left : size;
    const unsigned char *from = f->bytes + f->at;
    f->at += found;
    image->label = from[labels - 1 < found ? labels - 1 : 0];
    if (found == size && image->label < f->classes) {
        image->c = 3;
        image->h = image->w = IMAGE_SIDE;
        image->values = malloc(IMAGE_RECORD*sizeof(real));
        for (int k = 0; image->values && k < IMAGE_RECORD; k++)
            image->values[k] = from[labels + (size_t)k];
        return image->values || error_set(err, "%s: not enough memory", f->name);
    }
    if (image->index == 0) {
        f->at = f->size;
        return error_set(err, "%s: offset 0: P2, P3, P5 or P6 (PGM, PPM) expected, or CIFAR "
                         "records of %zu bytes with labels 0 to %d; convert PNG, JPEG and "
                         "others to PPM", f->name, size, f->classes - 1);
    }
    if (found < size)
        return error_set(err, "%s: record %zu at offset %zu has %zu of %zu bytes", f->name,
                         image->index, image->at, found, size);
    return error_set(err, "%s: record %zu at offset %zu: label %d, 0 to %d expected", f->name,
                     image->index, image->at, image->label, f->classes - 1);
}

enum image_result image_next(struct image_file *f, struct image *out, char *err)
{
    if (f->at == f->size)
        return IMAGE_END;
    *out = (struct image){ .index = f->count++, .at = f->at, .label = -1 };
    /* No label of CIFAR's is as great as a P. */
    bool good = f->bytes[0] == 'P' ? image_netpbm(f, out, err) : image_record(f, out, err);
    out->alone = out->index == 0 && f->at == f->size;
    if (!good)
        image_free(out);
    return good ? IMAGE_GOOD : IMAGE_BAD;
}

/* Along one axis: in[outer][n][inner] to out[outer][m][inner]. */
static void image_scale(const real *in, real *out, size_t outer, int n, int m, size_t inner)
{
    double step = (double)n/m, wide = step > 1 ? step : 1;
    for (int o = 0; o < m; o++) {
        double middle = (o + 0.5)*step - 0.5;
        int first = (int)fmax(ceil(middle - wide), 0), last = (int)fmin(middle + wide, n - 1);
        for (size_t k = 0; k < outer*inner; k++) {
            const real *from = in + k/inner*(size_t)n*inner + k % inner;
            double sum = 0, weights = 0;
            for (int i = first; i <= last; i++) {
                double weight = 1 - fabs(i - middle)/wide;
                weights += weight;
                sum = fma(weight, from[(size_t)i*inner], sum);
            }
            out[(k/inner*(size_t)m + (size_t)o)*inner + k % inner] = (real)(sum/weights);
        }
    }
}

bool image_resize(struct image *image, int h, int w, char *err)
{
    size_t c = (size_t)image->c;
    real *rows = malloc(c*(size_t)image->h*(size_t)w*sizeof(real));
    real *values = malloc(c*(size_t)h*(size_t)w*sizeof(real));
    bool good = rows && values;
    if (good) {
        image_scale(image->values, rows, c*(size_t)image->h, image->w, w, 1);
        image_scale(rows, values, c, image->h, h, (size_t)w);
        image_free(image);
        image->values = values;
        image->h = h;
        image->w = w;
    } else {
        free(values);
        error_set(err, "not enough memory to resize an image");
    }
    free(rows);
    return good;
}
