/*
** preprocess.c - means, deviations, and images as the network wants them. Sums run in
** order, in double: the same bits everywhere.
*/
#include "preprocess.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

const char *const preprocess_words[] = { "none", "mean_image", "scale", "channel_norm", NULL };

enum preprocess_kind preprocess_find(const char *word)
{
    int k = 0;
    while (k < PREPROCESS_KINDS && strcmp(preprocess_words[k], word) != 0)
        k++;
    return (enum preprocess_kind)k;
}

static double preprocess_value(const struct images *set, size_t at)
{
    return set->bytes ? set->bytes[at] : (double)set->values[at];
}

/* Values of a channel share their mean. */
static void preprocess_by_channel(double *mean, int channels, size_t map)
{
    for (int c = 0; c < channels; c++, mean += map) {
        double sum = 0;
        for (size_t k = 0; k < map; k++)
            sum += mean[k];
        for (size_t k = 0; k < map; k++)
            mean[k] = sum / (double)map;
    }
}

/* factor[c]: one over the deviation from the mean, of each channel or of all. */
static void preprocess_factor(struct preprocess *p, const double *mean, const struct images *train)
{
    size_t map = (size_t)train->h*(size_t)train->w, channels = (size_t)train->c;
    double all = 0;
    for (size_t c = 0; c < channels; c++) {
        double sum = 0;
        for (size_t i = 0; i < train->count; i++)
            for (size_t k = c*map; k < (c + 1)*map; k++) {
                double d = preprocess_value(train, i*channels*map + k) - mean[k];
                sum = fma(d, d, sum);
            }
        all += sum;
        double deviation = sqrt(sum / (double)(train->count*map));
        p->factor[c] = (real)(deviation > 0 ? 1 / deviation : 1);
    }
    double deviation = sqrt(all / (double)(train->count*channels*map));
    for (size_t c = 0; p->kind == PREPROCESS_SCALE && c < channels; c++)
        p->factor[c] = (real)(deviation > 0 ? 1 / deviation : 1);
}

bool preprocess_fit(struct preprocess *p, enum preprocess_kind kind, const struct images *train,
                    char *err)
{
    size_t map = (size_t)train->h*(size_t)train->w, size = (size_t)train->c*map;
    *p = (struct preprocess){ .kind = kind };
    if (kind == PREPROCESS_NONE || train->count == 0)
        return true;
    double *mean = calloc(size, sizeof *mean);
    p->mean = calloc(size, sizeof *p->mean);
    if (kind != PREPROCESS_MEAN_IMAGE)
        p->factor = calloc((size_t)train->c, sizeof *p->factor);
    if (!mean || !p->mean || (kind != PREPROCESS_MEAN_IMAGE && !p->factor)) {
        free(mean);
        preprocess_free(p);
        return error_set(err, "not enough memory for the mean image");
    }
    for (size_t i = 0; i < train->count; i++)
        for (size_t k = 0; k < size; k++)
            mean[k] += preprocess_value(train, i*size + k);
    for (size_t k = 0; k < size; k++)
        mean[k] /= (double)train->count;
    if (kind == PREPROCESS_CHANNEL_NORM)
        preprocess_by_channel(mean, train->c, map);
    for (size_t k = 0; k < size; k++)
        p->mean[k] = (real)mean[k];
    if (p->factor)
        preprocess_factor(p, mean, train);
    free(mean);
    return true;
}

void preprocess_free(struct preprocess *p)
{
    free(p->mean);
    free(p->factor);
    p->mean = p->factor = NULL;
}

/* Where coordinate k of a view lies in the image; -1: outside. */
static int preprocess_at(int k, int size, bool mirror, bool reflect)
{
    if (reflect && size > 1)
        while (k < 0 || k >= size)
            k = k < 0 ? -k : 2*(size - 1) - k;
    if (k < 0 || k >= size)
        return -1;
    return mirror ? size - 1 - k : k;
}

/* One row of one channel: out[x*c] from the columns at[x]. */
static void preprocess_row(const struct images *set, size_t row_at, const real *mean, real factor,
                           const int *at, real *out)
{
    const size_t c = (size_t)set->c;
    const real *values = set->bytes ? NULL : set->values + row_at;
    const uint8_t *bytes = set->bytes ? set->bytes + row_at : NULL;
    for (int x = 0; x < set->w; x++) {
        int k = at[x];
        real value = 0;
        if (k >= 0) {
            value = bytes ? (real)bytes[k] : values[k];
            value = mean ? (value - mean[k])*factor : value;
        }
        out[(size_t)x*c] = value;
    }
}

static void preprocess_hole(const struct images *set, const struct view *v, real *out, size_t row)
{
    int top = v->hole_top > 0 ? v->hole_top : 0, left = v->hole_left > 0 ? v->hole_left : 0;
    int bottom = v->hole_top + v->hole, right = v->hole_left + v->hole;
    for (int y = top; y < bottom && y < set->h; y++)
        for (int x = left; x < right && x < set->w; x++)
            for (int k = 0; k < set->c; k++)
                out[(size_t)y*row + (size_t)x*(size_t)set->c + (size_t)k] = 0;
}

/* Planes to pixels; one channel at a time, so that reads run along memory. */
void images_put(const struct images *set, size_t index, const struct preprocess *p,
                const struct view *view, real *out, size_t row)
{
    static const struct view plain;
    enum { WIDEST = 4096 };     /* of what the generator accepts */
    const struct view *v = view ? view : &plain;
    const size_t w = (size_t)set->w, map = (size_t)set->h*w;
    int at[WIDEST];
    for (int x = 0; x < set->w && x < WIDEST; x++)
        at[x] = preprocess_at(x + v->left, set->w, v->mirror, v->reflect);
    for (int y = 0; y < set->h; y++) {
        int from = preprocess_at(y + v->top, set->h, false, v->reflect);
        for (int k = 0; k < set->c; k++) {
            real *to = out + (size_t)y*row + (size_t)k;
            const size_t place = (size_t)k*map + (size_t)(from < 0 ? 0 : from)*w;
            for (size_t x = 0; from < 0 && x < w; x++)
                to[x*(size_t)set->c] = 0;
            if (from >= 0)
                preprocess_row(set, index*(size_t)set->c*map + place,
                               p && p->mean ? p->mean + place : NULL,
                               p && p->factor ? p->factor[k] : 1, at, to);
        }
    }
    if (v->hole > 0)
        preprocess_hole(set, v, out, row);
}
