/*
** image.c - PGM, PPM, CIFAR records, and who reads PNG. It must never trust a size that the file
** states: room is made only for what the file is long enough to hold.
*/
#include "file/image.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "file/file.h"
#include "file/foreign.h"
#include "file/hint.h"
#include "file/png.h"

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

/* ---- Netpbm ---- */

/* Where a comment at `at`, from # to the line's end and with it, ends. */
static size_t image_comment(const struct image_file *f, size_t at)
{
    while (at < f->size && f->bytes[at] != '\n' && f->bytes[at] != '\r')
        at++;
    return at + (at < f->size);
}

/* The next byte, or -1. Comments are as if they were not there, also in the middle of a number:
** so Netpbm's documentation has it, and Pillow; libnetpbm takes a comment for white space. */
static int image_byte(struct image_file *f)
{
    while (f->at < f->size && f->bytes[f->at] == '#')
        f->at = image_comment(f, f->at);
    return f->at < f->size ? f->bytes[f->at++] : -1;
}

static bool image_blank(int c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Where a raster may begin, and the greatest value before it. */
struct image_start { size_t at; int most; };

/* A number up to `most`, and the white space after it. *comment: where the first comment in the
** number ends, and the number up to there. */
static bool image_number(struct image_file *f, const char *what, int least, int most, int *out,
                         struct image_start *comment, char *err)
{
    int c;
    do
        c = image_byte(f);
    while (image_blank(c));
    size_t at = f->at - (c >= 0);
    int value = 0;
    *comment = (struct image_start){ .at = 0 };
    for (*out = -1; c >= '0' && c <= '9' && value <= most; c = image_byte(f)) {
        *out = value = 10*value + c - '0';
        if (!comment->at && f->at < f->size && f->bytes[f->at] == '#')
            *comment = (struct image_start){ image_comment(f, f->at), value };
    }
    if (*out >= least && value <= most && (c < 0 || image_blank(c)))
        return true;
    bool ended = at == f->size;
    f->at = f->size;
    return error_set(err, "%s: offset %zu: %s expected, a whole number from %d to %d%s", f->name,
                     at, what, least, most, ended ? "; the file ends there" : "");
}

/* The letter of an image's first two bytes, P1 to P7 and white space or a comment; 0: none. */
static int image_magic(const struct image_file *f, size_t at)
{
    if (f->size - at < 2 || f->bytes[at] != 'P' || !f->bytes[at + 1]
        || !strchr("1234567Ff", f->bytes[at + 1]))
        return 0;
    int after = f->size - at > 2 ? f->bytes[at + 2] : ' ';
    return image_blank(after) || after == '#' ? f->bytes[at + 1] : 0;
}

static bool image_begins(const struct image_file *f, size_t at)
{
    return image_magic(f, at) || png_begins(f->bytes + at, f->size - at);
}

/* ---- where a raster begins: text and binary meet there ---- */

enum image_fit { IMAGE_SHORT, IMAGE_LONG, IMAGE_PADDED, IMAGE_EXACT };

static uint64_t image_bytes(const struct image *image, int most)
{
    return (uint64_t)image->c*(uint64_t)image->h*(uint64_t)image->w*(most > 255 ? 2 : 1);
}

/* What the file's length says of a raster that begins there: after it the file must end, or go on
** with another image, perhaps after white space. */
static enum image_fit image_judge(const struct image_file *f, const struct image *image,
                                  struct image_start start)
{
    uint64_t needed = image_bytes(image, start.most);
    if (start.at > f->size || f->size - start.at < needed)
        return IMAGE_SHORT;
    size_t end = start.at + (size_t)needed, at = end;
    while (at < f->size && image_blank(f->bytes[at]))
        at++;
    if (at < f->size && !image_begins(f, at))
        return IMAGE_LONG;
    return at == end ? IMAGE_EXACT : IMAGE_PADDED;
}

/* Where it would begin if another white space, or comments, belonged to the header than may; the
** same place: there is none. */
static size_t image_more_header(const struct image_file *f, size_t at)
{
    size_t end = at;
    while (end < f->size && f->bytes[end] == '#')
        end = image_comment(f, end);
    return end == at && at < f->size && image_blank(f->bytes[at]) ? at + 1 : end;
}

/* One white space delimits the raster. Written as text on Windows it is two, CR and LF; and for
** libnetpbm the line end of a comment delimits it, too. What was meant the length must say. */
static bool image_raster(struct image_file *f, struct image *image, struct image_start *start,
                         struct image_start comment, bool whole, char *err)
{
    enum { MOST = 3 };
    struct image_start starts[MOST], more = *start;
    enum image_fit best = IMAGE_SHORT;
    int count = 0, chosen = 0, good = 0;
    if (whole)
        starts[count++] = *start;
    if (whole && f->bytes[start->at - 1] == '\r' && start->at < f->size
        && f->bytes[start->at] == '\n')
        starts[count++] = (struct image_start){ start->at + 1, start->most };
    if (comment.at && comment.most)
        starts[count++] = comment;
    for (int k = 0; k < count; k++) {
        enum image_fit fit = image_judge(f, image, starts[k]);
        good = fit == best ? good + 1 : fit > best ? 1 : good;
        chosen = fit > best ? k : chosen;
        best = fit > best ? fit : best;
    }
    *start = starts[chosen];
    f->at = f->size;
    if (best == IMAGE_SHORT)
        return error_set(err, "%s: short: %zu bytes from offset %zu, at least %llu expected for "
                         "%dx%dx%d values", f->name, f->size - start->at, start->at,
                         (unsigned long long)image_bytes(image, start->most), image->c, image->h,
                         image->w);
    more.at = image_more_header(f, start->at);
    bool doubt = good > 1 || (best == IMAGE_PADDED && more.at > start->at
                              && image_judge(f, image, more) > IMAGE_LONG);
    if (best > IMAGE_LONG && doubt)
        return error_set(err, "%s: offset %zu: whether the values begin here or later the length "
                         "does not tell; end the header with one line feed, and the file with the "
                         "last value", f->name, start->at);
    if (best == IMAGE_LONG)
        return error_set(err, "%s: long: %llu bytes after the %llu of %dx%dx%d values from offset "
                         "%zu; after the greatest value one white space is expected, then the "
                         "values, then the end or another image", f->name,
                         (unsigned long long)(f->size - start->at
                                              - image_bytes(image, start->most)),
                         (unsigned long long)image_bytes(image, start->most), image->c, image->h,
                         image->w, start->at);
    f->at = start->at;
    return true;
}

/* ---- samples ---- */

/* The samples, in the file pixel by pixel. */
static bool image_samples(struct image_file *f, struct image *image, bool plain, int most,
                          char *err)
{
    size_t map = (size_t)image->h*(size_t)image->w, bytes = most > 255 ? 2 : 1;
    size_t count = (size_t)image->c*map;
    struct image_start comment;
    image->values = calloc(count, sizeof(real));
    if (!image->values)
        return error_set(err, "%s: not enough memory", f->name);
    bool good = true;
    for (size_t k = 0; k < count && (good || !plain); k++) {
        int value = 0;
        if (plain) {
            good = image_number(f, "a sample", 0, most, &value, &comment, err);
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

/* The text of a plain image must be long enough for a digit a sample. */
static bool image_plain(struct image_file *f, const struct image *image, char *err)
{
    uint64_t needed = 2*image_bytes(image, 1) - 1, left = f->size - f->at;
    size_t at = f->at;
    if (left >= needed)
        return true;
    f->at = f->size;
    return error_set(err, "%s: short: %llu bytes from offset %zu, at least %llu expected for "
                     "%dx%dx%d values", f->name, (unsigned long long)left, at,
                     (unsigned long long)needed, image->c, image->h, image->w);
}

/* What else begins with a P. */
static bool image_other(struct image_file *f, const struct image *image, char *err)
{
    static const struct { char kind; const char *name; } others[] = {
        { '1', "a bitmap (PBM)" }, { '4', "a bitmap (PBM)" }, { '7', "a PAM image" },
        { 'F', "a PFM image" }, { 'f', "a PFM image" },
    };
    int kind = image_magic(f, f->at);
    f->at = f->size;
    for (size_t k = 0; k < sizeof others / sizeof *others; k++)
        if (kind == others[k].kind)
            return error_set(err, "%s: offset %zu: P%c is %s; PGM and PPM are read (P2, P3, P5 or "
                             "P6): convert it to one of them", f->name, image->at, kind,
                             others[k].name);
    return error_set(err, "%s: offset %zu: P2, P3, P5 or P6 expected and white space after it: PGM "
                     "and PPM are read", f->name, image->at);
}

static bool image_netpbm(struct image_file *f, struct image *image, char *err)
{
    int kind = image_magic(f, f->at);
    if (!kind || !strchr("2356", kind))
        return image_other(f, image, err);
    bool plain = kind < '5';
    struct image_start start, comment;
    f->at += 2;
    image->c = kind % 3 == 0 ? 3 : 1;      /* '3' is 51, '6' 54 */
    if (!image_number(f, "the width", 1, IMAGE_MOST, &image->w, &comment, err)
        || !image_number(f, "the height", 1, IMAGE_MOST, &image->h, &comment, err))
        return false;
    bool good = image_number(f, "the greatest value", 1, 65535, &start.most, &comment, err);
    start.at = f->at;
    if (!plain)
        good = (good || (comment.at && comment.most && comment.most < 65536))
               && image_raster(f, image, &start, comment, good, err);
    else
        good = good && image_plain(f, image, err);
    good = good && image_samples(f, image, plain, start.most, err);
    while (f->at < f->size && (image_blank(f->bytes[f->at]) || (plain && f->bytes[f->at] == '#')))
        f->at = plain && f->bytes[f->at] == '#' ? image_comment(f, f->at) : f->at + 1;
    return good;
}

/* ---- CIFAR ---- */

/* Labels of a record: CIFAR-100's have two, which the file's size tells, and where it tells nothing
** the number of classes. */
static size_t image_labels(const struct image_file *f)
{
    const bool one = f->size % (IMAGE_RECORD + 1) == 0, two = f->size % (IMAGE_RECORD + 2) == 0;
    return f->coarse || (one != two ? two : f->classes == 100) ? 2 : 1;
}

static bool image_record(struct image_file *f, struct image *image, char *err)
{
    size_t labels = image_labels(f), size = labels + IMAGE_RECORD, counts = f->coarse ? 1 : labels;
    size_t left = f->size - f->at, found = left < size ? left : size;
    const unsigned char *from = f->bytes + f->at;
    f->at += found;
    image->label = from[counts - 1 < found ? counts - 1 : 0];
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
        return !hint_picture(f->name, f->bytes, f->size, err)
               && error_set(err, "%s: offset 0: a PNG, PGM or PPM (P2, P3, P5, P6) expected, or "
                            "CIFAR records of %zu bytes with labels 0 to %d", f->name, size,
                            f->classes - 1);
    }
    if (found < size)
        return error_set(err, "%s: record %zu at offset %zu has %zu of %zu bytes", f->name,
                         image->index, image->at, found, size);
    return error_set(err, "%s: record %zu at offset %zu: label %d, 0 to %d expected", f->name,
                     image->index, image->at, image->label, f->classes - 1);
}

/* ---- what it is ---- */

static bool image_png(struct image_file *f, struct image *image, char *err)
{
    size_t end = f->size;
    struct png_image png = { .values = NULL };
    bool good = png_read(f->name, f->bytes, f->size, f->at, &png, &end, err);
    image->c = png.c;
    image->h = png.h;
    image->w = png.w;
    image->values = png.values;
    f->at = end;
    /* What many writers leave after a PNG nobody looks at, unless it is another image. */
    if (!image_begins(f, end))
        f->at = f->size;
    return good;
}

bool image_pictures(const struct image_file *f)
{
    /* No label of CIFAR's is as great as a P, nor as a PNG's first byte. */
    return f->bytes[0] == 'P' || png_begins(f->bytes, f->size);
}

enum image_result image_next(struct image_file *f, struct image *out, char *err)
{
    if (f->at == f->size)
        return IMAGE_END;
    *out = (struct image){ .index = f->count++, .at = f->at, .label = -1 };
    bool good = !image_pictures(f) ? image_record(f, out, err)
                : png_begins(f->bytes + f->at, f->size - f->at) ? image_png(f, out, err)
                : image_netpbm(f, out, err);
    out->alone = out->index == 0 && f->at == f->size;
    if (!good)
        image_free(out);
    return good ? IMAGE_GOOD : IMAGE_BAD;
}
