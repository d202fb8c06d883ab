/*
** arrays.c - what .npy arrays hold. It must never scale or shift an array itself, nor turn one in
** another way than its shape leaves no doubt of: it says how.
*/
#include "data/arrays.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* (60, 768) */
static const char *arrays_shape(const struct npy *a, char *text, size_t size)
{
    size_t at = (size_t)snprintf(text, size, "(");
    for (int k = 0; k < a->rank && at < size; k++)
        at += (size_t)snprintf(text + at, size - at, "%s%zu", k ? ", " : "", a->dim[k]);
    if (at < size)
        snprintf(text + at, size - at, "%s", a->rank == 1 ? ",)" : ")");
    return text;
}

/* `length` bytes of a text between Python's double quotes; false: there is no room for them. */
static bool arrays_quoted(char *out, size_t size, const char *text, size_t length)
{
    size_t n = 0;
    out[0] = '\0';
    for (size_t k = 0; k < length; k++, text++)
        if (n + 3 < size)
            n += (size_t)snprintf(out + n, size - n, "%s%c",
                                  *text == '"' || *text == '\\' ? "\\" : "", *text);
        else
            return false;
    return true;
}

/* Puts after the message what to say to Python, x or y being the array. A line that would be cut
** is left out. */
static bool arrays_mend(const struct npy *a, char *err, const char *path, const char *made)
{
    char file[ERR_SIZE], name[ERR_SIZE] = "", *end = err + strlen(err);
    const size_t room = ERR_SIZE - strlen(err), length = a->archive ? a->archive : strlen(path);
    const char *member = path + length + (a->archive ? 2 : 0);
    const bool whole = arrays_quoted(file, sizeof file, path, length)
                       && arrays_quoted(name, sizeof name, member, strlen(member));
    const int n = a->archive
        ? snprintf(end, room, "; in Python: import numpy; f = \"%s\"; a = dict(numpy.load(f)); "
                   "%c = a[\"%s\"]; a[\"%s\"] = %s; numpy.savez(f, **a)", file, made[0], name,
                   name, made)
        : snprintf(end, room, "; in Python: import numpy; f = \"%s\"; %c = numpy.load(f); "
                   "numpy.save(f, %s)", file, made[0], made);
    if (!whole || n >= (int)room)
        *end = '\0';
    return false;
}

/* ---- images ---- */

/* Shapes that other tools have: which axis is what (-1: there is none, and one image, or one
** channel), and what makes them (n, c, h, w); NULL: they are taken. Of those that fit the first is
** meant. */
static const struct arrays_order { int rank, n, c, h, w; const char *made; } arrays_orders[] = {
    { 4, 0, 3, 1, 2, NULL },
    { 4, 3, 2, 0, 1, "x.transpose(3, 2, 0, 1)" },
    { 3, 0, -1, 1, 2, NULL },
    { 3, -1, 0, 1, 2, "x[None]" },
    { 3, -1, 2, 0, 1, "x.transpose(2, 0, 1)[None]" },
    { 2, -1, -1, 0, 1, "x[None, None]" },
};

static const struct arrays_order *arrays_order(const struct npy *x, const struct data_options *o)
{
    for (size_t k = 0; k < sizeof arrays_orders / sizeof *arrays_orders; k++) {
        const struct arrays_order *order = &arrays_orders[k];
        if (x->rank == order->rank
            && !dataset_misfit(o, order->c < 0 ? 1 : x->dim[order->c], x->dim[order->h],
                               x->dim[order->w]))
            return order;
    }
    return NULL;
}

/* Pixels to planes, in its own memory. */
static bool arrays_turn(struct npy *x, size_t images, size_t c, size_t map, const char *path,
                        char *err)
{
    const size_t size = npy_size(x->type);
    if (c == 1 || x->count == 0)
        return true;
    unsigned char *room = malloc(c*map*size);
    if (!room)
        return error_set(err, "%s: not enough memory", path);
    for (size_t n = 0; n < images; n++) {
        unsigned char *image = (unsigned char *)x->data + n*c*map*size;
        memcpy(room, image, c*map*size);
        for (size_t k = 0; k < c*map; k++)
            memcpy(image + (k % c*map + k/c)*size, room + k*size, size);
    }
    free(room);
    return true;
}

/* An array without channels, or with its channels last, as (n, c, h, w). */
static bool arrays_take(struct npy *x, const struct arrays_order *order, const char *path,
                        char *err)
{
    const size_t c = order->c < 0 ? 1 : x->dim[order->c], h = x->dim[order->h];
    const size_t w = x->dim[order->w];
    if (!arrays_turn(x, x->dim[order->n], c, h*w, path, err))
        return false;
    x->rank = 4;
    x->dim[1] = c;
    x->dim[2] = h;
    x->dim[3] = w;
    return true;
}

/* Rows: planes, or pixels; of one channel they are the same. */
static void arrays_mend_rows(const struct npy *x, const char *path, const struct data_options *o,
                             char *err)
{
    char made[160];
    size_t length = strlen(err);
    if (o->c == 1) {
        snprintf(made, sizeof made, "x.reshape(-1, 1, %d, %d)", o->h, o->w);
        arrays_mend(x, err, path, made);
        return;
    }
    snprintf(err + length, ERR_SIZE - length, "; x.reshape(-1, %d, %d, %d) where a row holds a "
             "channel after the other, x.reshape(-1, %d, %d, %d).transpose(0, 3, 1, 2) where it "
             "holds pixels", o->c, o->h, o->w, o->h, o->w, o->c);
}

/* order: what makes it right, or NULL. */
static bool arrays_misfit(const struct npy *x, const char *path, const struct data_options *o,
                          const struct arrays_order *order, char *err)
{
    const size_t size = (size_t)o->c*(size_t)o->h*(size_t)o->w;
    char shape[192];
    error_set(err, "%s: shape %s, rank %d; the network takes (n, %d, %d, %d)%s", path,
              arrays_shape(x, shape, sizeof shape), x->rank, o->c, o->h, o->w,
              x->rank == 4 ? dataset_misfit(o, x->dim[1], x->dim[2], x->dim[3]) : "");
    if (order)
        return arrays_mend(x, err, path, order->made);
    if ((x->rank == 2 || x->rank == 1) && x->dim[x->rank - 1] == size)
        arrays_mend_rows(x, path, o, err);
    return false;
}

bool arrays_images(struct npy *x, const char *path, const struct data_options *o, char *err)
{
    if (x->rank != 4 || dataset_misfit(o, x->dim[1], x->dim[2], x->dim[3])) {
        const struct arrays_order *order = arrays_order(x, o);
        if (!order || order->made)
            return arrays_misfit(x, path, o, order, err);
        if (!arrays_take(x, order, path, err))
            return false;
    }
    if (x->type == NPY_U1 || x->type == NPY_F4 || x->type == NPY_F8)
        return true;
    error_set(err, "%s: integers; images are u1, f2, f4 or f8", path);
    return arrays_mend(x, err, path, "x.astype(\"float32\")");
}

struct images arrays_set(const struct npy *x, real *room /* [x->count] */)
{
    for (size_t k = 0; room && k < x->count; k++)
        room[k] = (real)npy_number(x, k);
    return (struct images){ .count = x->dim[0], .c = (int)x->dim[1], .h = (int)x->dim[2],
                            .w = (int)x->dim[3], .values = room, .bytes = room ? NULL : x->data,
                            .type = x->type == NPY_U1 ? "u1" : x->type == NPY_F4 ? "f4" : "f8" };
}

/* ---- targets ---- */

/* The axes after the first, those of length 1 apart, are those of the scores. */
static bool arrays_target_shape(const struct npy *y, size_t images, const struct data_options *o)
{
    const size_t want[] = { (size_t)o->out_c, (size_t)o->out_h, (size_t)o->out_w };
    int k = 1;
    if (y->rank < 1 || y->dim[0] != images)
        return false;
    for (int a = 0; a < 3; a++) {
        while (want[a] != 1 && k < y->rank && y->dim[k] == 1)
            k++;
        if (want[a] != 1 && (k >= y->rank || y->dim[k++] != want[a]))
            return false;
    }
    while (k < y->rank && y->dim[k] == 1)
        k++;
    return k == y->rank;
}

bool arrays_targets(const struct npy *y, const char *path, size_t images,
                    const struct data_options *o, real *out, char *err)
{
    char shape[192];
    if (!arrays_target_shape(y, images, o)) {
        error_set(err, "%s: shape %s; the targets of %zu images are (%zu, %d, %d, %d), as the "
                  "network's scores are", path, arrays_shape(y, shape, sizeof shape), images,
                  images, o->out_c, o->out_h, o->out_w);
        const size_t length = strlen(err);
        if (y->count == images && y->rank > 0)
            snprintf(err + length, ERR_SIZE - length, "; labels are for softmax and svm");
        return false;
    }
    for (size_t k = 0; k < y->count; k++) {
        const double value = npy_number(y, k);
        const size_t each = y->count/images;
        if (!isfinite(value) || !isfinite((double)(real)value))
            return error_set(err, "%s: %g in the targets of image %zu", path, value, k/each);
        if (o->shares && (value < 0 || value > 1))
            return error_set(err, "%s: %g in the targets of image %zu; those of bce are from 0 to "
                             "1", path, value, k/each);
        out[k] = (real)value;
    }
    return true;
}

/* ---- labels ---- */

/* (n), (n, 1): one for each image, whatever empty axes there are. */
static bool arrays_label_shape(const struct npy *y, const char *path, size_t images, int classes,
                               char *err)
{
    char shape[192];
    const size_t c = (size_t)classes;
    if (y->rank > 0 && y->dim[0] == images && y->count == images)
        return true;
    error_set(err, "%s: shape %s: %zu values, rank %d; one label for each of %zu images expected",
              path, arrays_shape(y, shape, sizeof shape), y->count, y->rank, images);
    if (y->rank == 2 && y->dim[0] == images && y->dim[1] == c)
        return arrays_mend(y, err, path, "y.argmax(1)");
    if (y->rank == 2 && y->dim[1] == images && y->dim[0] == c)
        return arrays_mend(y, err, path, "y.argmax(0)");
    if (y->rank == 2 && y->dim[0] == 1 && y->dim[1] == images)
        return arrays_mend(y, err, path, "y.reshape(-1)");
    return false;
}

static bool arrays_label_type(const struct npy *y, const char *path, char *err)
{
    if (y->type == NPY_U1 || y->type == NPY_I4 || y->type == NPY_I8)
        return true;
    for (size_t k = 0; k < y->count; k++) {
        double label = npy_number(y, k);
        if (!(fabs(label) < 0x1p53 && label == floor(label)))
            return error_set(err, "%s: labels are integers, and %g at index %zu is no whole number",
                             path, label, k);
    }
    error_set(err, "%s: labels are integers, not reals", path);
    return arrays_mend(y, err, path, "y.astype(\"int64\")");
}

static long long arrays_label(const struct npy *y, size_t k)
{
    return y->type == NPY_U1 ? ((const uint8_t *)y->data)[k]
           : y->type == NPY_I4 ? ((const int32_t *)y->data)[k] : ((const int64_t *)y->data)[k];
}

/* Matlab, R and Julia count from 1. */
static bool arrays_from_one(const struct npy *y, int classes)
{
    for (size_t k = 0; k < y->count; k++)
        if (arrays_label(y, k) < 1 || arrays_label(y, k) > classes)
            return false;
    return true;
}

bool arrays_labels(const struct npy *y, const char *path, size_t images, int classes,
                   int32_t *out /* [images] */, char *err)
{
    if (!arrays_label_shape(y, path, images, classes, err) || !arrays_label_type(y, path, err))
        return false;
    for (size_t k = 0; k < images; k++) {
        long long label = arrays_label(y, k);
        if (label == classes && arrays_from_one(y, classes)) {
            error_set(err, "%s: label %lld at index %zu; the network has classes 0 to %d, and "
                      "these labels count from 1", path, label, k, classes - 1);
            return arrays_mend(y, err, path, "y - 1");
        }
        if (label < 0 || label >= classes)
            return error_set(err, "%s: label %lld at index %zu; the network has classes 0 to %d",
                             path, label, k, classes - 1);
        out[k] = (int32_t)label;
    }
    return true;
}
