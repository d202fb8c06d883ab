/*
** weights.c - parameters among a safetensors file's tensors. It must never take one of another
** shape, or what is no finite number.
*/
#include "file/weights.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/half.h"

#define WEIGHTS_DUMP "lathe-dump-1"

bool weights_own(const struct safetensors *s)
{
    const char *format = safetensors_metadata(s, "format");
    return format && strcmp(format, WEIGHTS_FORMAT) == 0 && safetensors_metadata(s, "layers");
}

bool weights_format(const char *path, const struct safetensors *s, char *err)
{
    const char *format = safetensors_metadata(s, "format");
    if (!format || strncmp(format, "lathe-", 6) != 0 || strcmp(format, WEIGHTS_FORMAT) == 0)
        return true;
    if (strcmp(format, WEIGHTS_DUMP) == 0)
        return error_set(err, "%s: what `dump` writes, to compare with; parameters are what "
                         "`train` saves", path);
    return error_set(err, "%s: format %s, this program reads %s", path, format, WEIGHTS_FORMAT);
}

bool weights_same_layers(const char *path, const char *theirs, const char *ours, char *err)
{
    for (int line = 1;; line++) {
        int a = (int)strcspn(theirs, "\n"), b = (int)strcspn(ours, "\n");
        if (a != b || strncmp(theirs, ours, (size_t)a) != 0)
            return error_set(err, "%s: parameters of another network: line %d of its layers "
                             "is `%.*s`, this network's is `%.*s`; `train --from` begins with "
                             "those that fit", path, line, a, theirs, b, ours);
        theirs += a + (theirs[a] == '\n');
        ours += b + (ours[b] == '\n');
        if (!*theirs && !*ours)
            return true;
    }
}

void weights_shape(const struct tensor *t, char out[WEIGHTS_SHAPE])
{
    int at = 0;
    out[0] = 0;
    for (int k = 0; k < t->rank && k < TENSOR_MAX_RANK; k++)
        at += snprintf(out + at, (size_t)(WEIGHTS_SHAPE - at), "%s%zu", k ? ", " : "", t->dim[k]);
    if (t->rank > TENSOR_MAX_RANK)
        snprintf(out + at, (size_t)(WEIGHTS_SHAPE - at), ", ...");
}

bool weights_readable(const char *path, const struct tensor *t, char *err)
{
    return t->type == TENSOR_F16 || t->type == TENSOR_BF16 || t->type == TENSOR_F32
           || t->type == TENSOR_F64
           || error_set(err, "%s: tensor %s is of type %s, expected F16, BF16, F32 or F64", path,
                        t->name, safetensors_type_name(t->type));
}

const struct tensor *weights_find(const char *path, const struct safetensors *s,
                                  const struct tensor *wanted, char *err)
{
    char theirs[WEIGHTS_SHAPE], ours[WEIGHTS_SHAPE];
    const struct tensor *t = safetensors_find(s, wanted->name);
    if (!t) {
        error_set(err, "%s: tensor %s is missing", path, wanted->name);
        return NULL;
    }
    weights_shape(t, theirs);
    weights_shape(wanted, ours);
    if (strcmp(theirs, ours) != 0) {
        error_set(err, "%s: tensor %s has shape (%s), expected (%s)", path, wanted->name,
                  theirs, ours);
        return NULL;
    }
    return weights_readable(path, t, err) ? t : NULL;
}

int weights_data(enum preprocess_kind kind, int c, int h, int w, struct tensor out[2])
{
    const size_t channels = (size_t)c, rows = (size_t)h, columns = (size_t)w;
    if (kind == PREPROCESS_NONE)
        return 0;
    out[0] = (struct tensor){ .name = "data.mean_image", .rank = 3,
                              .dim = { channels, rows, columns }, .count = channels*rows*columns };
    out[1] = (struct tensor){ .name = "data.factor", .rank = 1, .dim = { channels },
                              .count = channels };
    if (kind == PREPROCESS_CHANNEL_NORM) {
        out[0] = out[1];
        out[0].name = "data.mean";
    }
    return kind == PREPROCESS_MEAN_IMAGE ? 1 : 2;
}

void weights_extent(const struct safetensors *s, int *h, int *w)
{
    enum { MOST = 65536 };
    const struct tensor *t = safetensors_find(s, "data.mean_image");
    if (!t || t->rank != 3 || t->dim[1] < (size_t)*h || t->dim[1] > MOST || t->dim[2] < (size_t)*w
        || t->dim[2] > MOST)
        return;
    *h = (int)t->dim[1];
    *w = (int)t->dim[2];
}

/* Value k; a float is handed on as it is, since a program in f32 computes with no subnormal. */
static float weights_float(const struct tensor *t, size_t k)
{
    const unsigned char *at = (const unsigned char *)t->data + k*((t->to - t->from)/t->count);
    uint16_t half;
    float single;
    double twice;
    if (t->type == TENSOR_F16 || t->type == TENSOR_BF16) {
        memcpy(&half, at, sizeof half);
        return t->type == TENSOR_F16 ? half_value(half) : half_brain(half);
    }
    if (t->type == TENSOR_F32) {
        memcpy(&single, at, sizeof single);
        return single;
    }
    memcpy(&twice, at, sizeof twice);
    return (float)twice;
}

static double weights_double(const struct tensor *t, size_t k)
{
    double twice;
    if (t->type != TENSOR_F64)
        return (double)weights_float(t, k);
    memcpy(&twice, (const unsigned char *)t->data + k*sizeof twice, sizeof twice);
    return twice;
}

void weights_floats(const struct tensor *t, float *out)
{
    for (size_t k = 0; k < t->count; k++)
        out[k] = weights_float(t, k);
}

void weights_doubles(const struct tensor *t, double *out)
{
    for (size_t k = 0; k < t->count; k++)
        out[k] = weights_double(t, k);
}

bool weights_finite(const char *path, const struct tensor *t, bool single, char *err)
{
    for (size_t k = 0; k < t->count; k++) {
        const double value = weights_double(t, k);
        if (single ? isfinite(weights_float(t, k)) : isfinite(value))
            continue;
        if (isfinite(value))
            return error_set(err, "%s: tensor %s: value %zu (from 0) is %g, more than f32 "
                             "holds; build the program with --dtype f64", path, t->name, k, value);
        return error_set(err, "%s: tensor %s: value %zu (from 0) is %s, no number to compute "
                         "with", path, t->name, k, isnan(value) ? "nan" : "an infinity");
    }
    return true;
}

bool weights_values(const char *path, const struct safetensors *s, struct values *v, char *err)
{
    const char *text = safetensors_metadata(s, "values");
    v->type[0] = 0;
    return !text || values_read(v, text)
           || error_set(err, "%s: values \"%s\": expected type, least and greatest of the images "
                        "trained on, as \"u1 0 255\" or \"f4 0 1\"", path, text);
}
