/*
** fit.c - resizes, cuts and recolours images. It must never depend on anything but the image: what
** it makes is kept, and made again elsewhere.
*/
#include "file/fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* What one value of a scaled axis is made of: of n values those from `first` to `last`, by a tent
** around the middle of its place among them. */
struct fit_taps { int first, last; double weights; };

static struct fit_taps fit_taps(int n, int m, int o, double *weight /* [n] */)
{
    const double step = (double)n/m, wide = step > 1 ? step : 1;
    const double middle = (o + 0.5)*step - 0.5;
    struct fit_taps t = { (int)fmax(ceil(middle - wide), 0), (int)fmin(middle + wide, n - 1), 0 };
    for (int i = t.first; i <= t.last; i++) {
        weight[i] = 1 - fabs(i - middle)/wide;
        t.weights += weight[i];
    }
    return t;
}

/* Rows of n to rows of m. */
static void fit_scale_rows(const real *in, real *out, size_t rows, int n, int m, double *weight)
{
    for (int o = 0; o < m; o++) {
        const struct fit_taps t = fit_taps(n, m, o, weight);
        for (size_t k = 0; k < rows; k++) {
            double sum = 0;
            for (int i = t.first; i <= t.last; i++)
                sum += weight[i]*(double)in[k*(size_t)n + (size_t)i];
            out[k*(size_t)m + (size_t)o] = (real)(sum/t.weights);
        }
    }
}

/* n rows of w to m of them. sum: [w]. */
static void fit_scale_columns(const real *in, real *out, int n, int m, size_t w, double *weight,
                              double *sum)
{
    for (int o = 0; o < m; o++) {
        const struct fit_taps t = fit_taps(n, m, o, weight);
        memset(sum, 0, w*sizeof *sum);
        for (int i = t.first; i <= t.last; i++)
            for (size_t k = 0; k < w; k++)
                sum[k] += weight[i]*(double)in[(size_t)i*w + k];
        for (size_t k = 0; k < w; k++)
            out[(size_t)o*w + k] = (real)(sum[k]/t.weights);
    }
}

static void fit_take(struct image *image, real *values, int h, int w)
{
    image_free(image);
    image->values = values;
    image->h = h;
    image->w = w;
}

bool image_resize(struct image *image, int h, int w, char *err)
{
    const size_t c = (size_t)image->c, to = (size_t)h*(size_t)w;
    const size_t between = (size_t)image->h*(size_t)w;
    const size_t side = (size_t)(image->h > image->w ? image->h : image->w);
    real *rows = malloc(c*between*sizeof(real)), *values = malloc(c*to*sizeof(real));
    double *room = malloc(((size_t)w + side)*sizeof *room), *sum = room ? room + side : NULL;
    bool good = rows && values && room;
    if (good) {
        fit_scale_rows(image->values, rows, c*(size_t)image->h, image->w, w, room);
        for (size_t k = 0; k < c; k++)
            fit_scale_columns(rows + k*between, values + k*to, image->h, h, (size_t)w, room, sum);
        fit_take(image, values, h, w);
    } else {
        free(values);
        error_set(err, "not enough memory to resize an image");
    }
    free(rows);
    free(room);
    return good;
}

/* Its middle: where that is not a whole number of pixels, half a pixel to the upper left. */
static bool fit_middle(struct image *image, int h, int w, char *err)
{
    const size_t c = (size_t)image->c, to = (size_t)h*(size_t)w;
    const size_t top = (size_t)(image->h - h)/2, left = (size_t)(image->w - w)/2;
    if (image->h == h && image->w == w)
        return true;
    real *values = malloc(c*to*sizeof(real));
    if (!values)
        return error_set(err, "not enough memory to cut an image");
    for (size_t k = 0; k < c; k++)
        for (size_t y = 0; y < (size_t)h; y++)
            memcpy(values + k*to + y*(size_t)w,
                   image->values + (k*(size_t)image->h + top + y)*(size_t)image->w + left,
                   (size_t)w*sizeof(real));
    fit_take(image, values, h, w);
    return true;
}

bool image_fit(struct image *image, int h, int w, const struct fit *fit, char *err)
{
    if (fit->middle && !fit->resize)
        return image->h < h || image->w < w || fit_middle(image, h, w, err);
    if (fit->middle) {      /* h and w of the image are to each other as those that are wanted */
        const long long ih = image->h, iw = image->w, high = (2*iw*h + w)/(2LL*w);
        const long long broad = (2*ih*w + h)/(2LL*h);
        const bool tall = ih*w > iw*h;
        if (!fit_middle(image, (int)(tall ? high > 0 ? high : 1 : ih),
                        (int)(tall ? iw : broad > 0 ? broad : 1), err))
            return false;
    }
    return !fit->resize || (image->h == h && image->w == w) || image_resize(image, h, w, err);
}

/* The value of channel k of a pixel at `from`, whose channels lie `map` apart. */
static real fit_channel(const real *from, size_t map, int channels, int wanted, int k)
{
    const bool colour = channels >= 3;
    if (k == wanted - 1 && wanted % 2 == 0)
        return channels % 2 ? 255 : from[(size_t)(channels - 1)*map];
    if (wanted >= 3)
        return from[colour ? (size_t)k*map : 0];
    return colour ? (real)((19595*(double)from[0] + 38470*(double)from[map]
                            + 7471*(double)from[2*map])/65536) : from[0];
}

bool image_channels(struct image *image, int c, char *err)
{
    const size_t map = (size_t)image->h*(size_t)image->w;
    if (image->c == c)
        return true;
    real *values = malloc((size_t)c*map*sizeof(real));
    if (!values)
        return error_set(err, "not enough memory to recolour an image");
    for (int k = 0; k < c; k++)
        for (size_t p = 0; p < map; p++)
            values[(size_t)k*map + p] = fit_channel(image->values + p, map, image->c, c, k);
    fit_take(image, values, image->h, image->w);
    image->c = c;
    return true;
}

void image_round(struct image *image)
{
    const size_t count = (size_t)image->c*(size_t)image->h*(size_t)image->w;
    for (size_t k = 0; k < count; k++)
        image->values[k] = (real)(int)((double)image->values[k] + 0.5);
}
