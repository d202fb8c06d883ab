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

/* Planes to pixels; one channel at a time, so that reads run along memory. */
static void preprocess_bytes(const struct images *set, const uint8_t *from,
                           const struct preprocess *p, real *out, size_t row)
{
    const size_t c = (size_t)set->c, w = (size_t)set->w;
    const real *mean = p->mean;
    for (int k = 0; k < set->c; k++) {
        const real factor = p->factor ? p->factor[k] : 1;
        for (int y = 0; y < set->h; y++) {
            real *to = out + (size_t)y*row + (size_t)k;
            if (mean)
                for (size_t x = 0; x < w; x++)
                    to[x*c] = ((real)from[x] - mean[x])*factor;
            else
                for (size_t x = 0; x < w; x++)
                    to[x*c] = (real)from[x];
            from += w;
            mean = mean ? mean + w : NULL;
        }
    }
}

static void preprocess_values(const struct images *set, const real *from,
                            const struct preprocess *p, real *out, size_t row)
{
    const size_t c = (size_t)set->c, w = (size_t)set->w;
    const real *mean = p->mean;
    for (int k = 0; k < set->c; k++) {
        const real factor = p->factor ? p->factor[k] : 1;
        for (int y = 0; y < set->h; y++) {
            real *to = out + (size_t)y*row + (size_t)k;
            for (size_t x = 0; x < w; x++)
                to[x*c] = mean ? (from[x] - mean[x])*factor : from[x];
            from += w;
            mean = mean ? mean + w : NULL;
        }
    }
}

void images_put(const struct images *set, size_t index, const struct preprocess *p, real *out,
                size_t row)
{
    static const struct preprocess none;
    size_t size = (size_t)set->c*(size_t)set->h*(size_t)set->w;
    if (set->bytes)
        preprocess_bytes(set, set->bytes + index*size, p ? p : &none, out, row);
    else
        preprocess_values(set, set->values + index*size, p ? p : &none, out, row);
}
