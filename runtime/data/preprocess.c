/*
** preprocess.c - means, deviations, and images as the network wants them. Sums run in
** order, in double: the same bits everywhere.
*/
#include "data/preprocess.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "settings/settings.h"

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

enum { PREPROCESS_BYTES = 256, PREPROCESS_TABLES = 8 };

/* Counts values in tables by turns: neighbours are often equal, and a count waits for the one
** before it of the same place. */
static void preprocess_tally(const uint8_t *values, size_t n,
                             uint64_t count[PREPROCESS_TABLES][PREPROCESS_BYTES])
{
    size_t k = 0;
    for (; k + sizeof(uint64_t) <= n; k += sizeof(uint64_t)) {
        uint64_t some;
        memcpy(&some, values + k, sizeof some);
        for (size_t t = 0; t < PREPROCESS_TABLES; t++)
            count[t][some >> 8*t & 0xff]++;
    }
    for (; k < n; k++)
        count[0][values[k]]++;
}

/* Where a channel's values are bytes and share their mean, how often there is each says all. */
static void preprocess_count(struct preprocess *p, const struct images *train)
{
    const size_t map = (size_t)train->h*(size_t)train->w, channels = (size_t)train->c;
    for (size_t c = 0; c < channels; c++) {
        uint64_t count[PREPROCESS_TABLES][PREPROCESS_BYTES] = { { 0 } }, sum = 0;
        double squares = 0, all = (double)(train->count*map);
        for (size_t i = 0; i < train->count; i++)
            preprocess_tally(train->bytes + (i*channels + c)*map, map, count);
        for (size_t v = 0; v < PREPROCESS_BYTES; v++) {
            for (size_t t = 1; t < PREPROCESS_TABLES; t++)
                count[0][v] += count[t][v];
            sum += count[0][v]*v;
        }
        const double mean = (double)sum/all;
        for (size_t v = 0; v < PREPROCESS_BYTES; v++)
            squares += (double)count[0][v]*(((double)v - mean)*((double)v - mean));
        p->mean[c] = (real)mean;
        p->factor[c] = (real)(squares > 0 ? 1 / sqrt(squares/all) : 1);
    }
}

bool preprocess_fit(struct preprocess *p, enum preprocess_kind kind, const struct images *train,
                    char *err)
{
    size_t map = (size_t)train->h*(size_t)train->w, size = (size_t)train->c*map;
    size_t share = kind == PREPROCESS_CHANNEL_NORM ? map : 1;      /* values of one mean */
    *p = (struct preprocess){ .kind = kind, .h = train->h, .w = train->w };
    if (kind == PREPROCESS_NONE || train->count == 0)
        return true;
    const bool counts = kind == PREPROCESS_CHANNEL_NORM && train->bytes;
    double *mean = calloc(counts ? 1 : size, sizeof *mean);
    p->mean = calloc(size/share, sizeof *p->mean);
    if (kind != PREPROCESS_MEAN_IMAGE)
        p->factor = calloc((size_t)train->c, sizeof *p->factor);
    if (!mean || !p->mean || (kind != PREPROCESS_MEAN_IMAGE && !p->factor)) {
        free(mean);
        preprocess_free(p);
        return error_set(err, "not enough memory for the mean image");
    }
    if (counts) {
        preprocess_count(p, train);
        free(mean);
        return true;
    }
    for (size_t i = 0; i < train->count; i++)
        for (size_t k = 0; k < size; k++)
            mean[k] += preprocess_value(train, i*size + k);
    for (size_t k = 0; k < size; k++)
        mean[k] /= (double)train->count;
    if (kind == PREPROCESS_CHANNEL_NORM)
        preprocess_by_channel(mean, train->c, map);
    for (size_t k = 0; k < size/share; k++)
        p->mean[k] = (real)mean[k*share];
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

bool preprocess_fits(const struct preprocess *p, const struct images *set, char *err)
{
    if (!p->mean || p->kind == PREPROCESS_CHANNEL_NORM || (p->h == set->h && p->w == set->w))
        return true;
    return error_set(err, "the parameters' mean image is %dx%d, the data's images are %dx%d; "
                     "images of the size trained on, or parameters trained with --preprocess "
                     "channel_norm, are needed", p->h, p->w, set->h, set->w);
}

bool preprocess_shares(const struct preprocess *p, const struct images *set, char *err)
{
    const size_t map = (size_t)set->h*(size_t)set->w, size = (size_t)set->c*map;
    const bool by_channel = p->kind == PREPROCESS_CHANNEL_NORM;
    for (size_t k = 0; k < set->count*size; k++) {
        const size_t at = k % size, c = at/map;
        const real raw = set->bytes ? (real)set->bytes[k] : set->values[k];
        const real mean = p->mean ? p->mean[by_channel ? c : at] : 0;
        const double value = (double)((raw - mean)*(p->factor ? p->factor[c] : 1));
        if (value < 0 || value > 1)
            return error_set(err, "%g in image %zu, as --preprocess %s leaves it, is no target of "
                             "bce, whose targets are from 0 to 1: images of 0 to 1 with "
                             "--preprocess none, or the loss mse", value, k/size,
                             preprocess_words[p->kind]);
    }
    return true;
}

/* Row or column k of an image that has `size` of them; -1: outside. */
static int preprocess_at(int k, int size, bool reflect)
{
    if (reflect && size > 1)
        while (k < 0 || k >= size)
            k = k < 0 ? -k : 2*(size - 1) - k;
    return k < 0 || k >= size ? -1 : k;
}

/* A row's brightness and contrast. */
static void preprocess_light(const struct view *v, const int *at, int w, real *out, size_t c)
{
    for (int x = 0; x < w; x++)
        if (at[x] >= 0)
            out[(size_t)x*c] = (out[(size_t)x*c] + v->shift)*v->factor;
}

/* One row of one channel: out[x*c] from the columns at[x], less the row's means or, where
** they are NULL, the channel's. */
static void preprocess_row(const struct images *set, size_t row_at, const real *means, real mean,
                           real factor, const int *at, int w, real *out)
{
    const size_t c = (size_t)set->c;
    const real *values = set->bytes ? NULL : set->values + row_at;
    const uint8_t *bytes = set->bytes ? set->bytes + row_at : NULL;
    for (int x = 0; x < w; x++) {
        int k = at[x];
        real value = 0;
        if (k >= 0) {
            value = bytes ? (real)bytes[k] : values[k];
            value = (value - (means ? means[k] : mean))*factor;
        }
        out[(size_t)x*c] = value;
    }
}

static void preprocess_hole(const struct view *v, real *out, int h, int w, int c, size_t row)
{
    int top = v->hole_top > 0 ? v->hole_top : 0, left = v->hole_left > 0 ? v->hole_left : 0;
    int bottom = v->hole_top + v->hole, right = v->hole_left + v->hole;
    for (int y = top; y < bottom && y < h; y++)
        for (int x = left; x < right && x < w; x++)
            for (int k = 0; k < c; k++)
                out[(size_t)y*row + (size_t)x*(size_t)c + (size_t)k] = 0;
}

/* Some columns of a view: the image's are at[]. Planes to pixels; one channel at a time, so that
** reads run along memory. */
static void images_part(const struct images *set, size_t index, const struct preprocess *p,
                        const struct view *v, real *out, int h, size_t row, const int *at,
                        int columns)
{
    const size_t c = (size_t)set->c, width = (size_t)set->w, map = (size_t)set->h*width;
    const real *mean = p ? p->mean : NULL;
    const bool by_channel = mean && p->kind == PREPROCESS_CHANNEL_NORM;
    const int top = (set->h - h)/2 + v->top;
    for (int y = 0; y < h; y++) {
        int from = preprocess_at(y + top, set->h, v->reflect);
        for (size_t k = 0; k < c; k++) {
            real *to = out + (size_t)y*row + k;
            const size_t place = k*map + (size_t)(from < 0 ? 0 : from)*width;
            for (size_t x = 0; from < 0 && x < (size_t)columns; x++)
                to[x*c] = 0;
            if (from >= 0)
                preprocess_row(set, index*c*map + place, mean && !by_channel ? mean + place : NULL,
                               by_channel ? mean[k] : 0, p && p->factor ? p->factor[k] : 1, at,
                               columns, to);
            if (from >= 0 && v->factor > 0)
                preprocess_light(v, at, columns, to, c);
        }
    }
}

void images_put(const struct images *set, size_t index, const struct preprocess *p,
                const struct view *view, real *out, int h, int w, size_t row)
{
    static const struct view plain;
    enum { COLUMNS = 4096 };    /* a part's, for the stack */
    const struct view *v = view ? view : &plain;
    const int left = (set->w - w)/2;
    int at[COLUMNS];
    for (int first = 0, columns; first < w; first += columns) {
        columns = w - first < COLUMNS ? w - first : COLUMNS;
        for (int k = 0; k < columns; k++) {
            const int x = first + k;
            at[k] = preprocess_at(left + (v->mirror ? w - 1 - x - v->left : x + v->left), set->w,
                                  v->reflect);
        }
        images_part(set, index, p, v, out + (size_t)first*(size_t)set->c, h, row, at, columns);
    }
    if (v->hole > 0)
        preprocess_hole(v, out, h, w, set->c, row);
}
