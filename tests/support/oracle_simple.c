/*
** oracle_simple.c - pointwise layers, pools, ends of branches, and layers that change a shape. Like
** oracle.c it must stay too simple to be wrong.
*/
#include "support/oracle_simple.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

bool oracle_shape_layer(struct oracle_layer *l, const char *line)
{
    if (sscanf(line, "reshape %dx%dx%d", &l->oc, &l->oh, &l->ow) == 3) {
        l->kind = ORACLE_RESHAPE;
    } else if (sscanf(line, "upsample %d,%d", &l->stride_y, &l->stride_x) == 2) {
        l->kind = ORACLE_UPSAMPLE;
        l->bilinear = strstr(line, "bilinear") != NULL;
        l->oh = l->h*l->stride_y;
        l->ow = l->w*l->stride_x;
    } else {
        return false;
    }
    return true;
}

/* Row i, column j of the window of output k: -1 if it is padding. */
static long window_place(const struct oracle_layer *l, size_t k, int i, int j)
{
    int x = (int)(k % (size_t)l->ow), y = (int)(k / (size_t)l->ow % (size_t)l->oh);
    long map = (long)(k / ((size_t)l->oh*(size_t)l->ow));
    int row = y*l->stride_y + i - l->top, column = x*l->stride_x + j - l->left;
    if (row < 0 || row >= l->h || column < 0 || column >= l->w)
        return -1;
    return (map*l->h + row)*l->w + column;
}

/* The first largest input of the window of output k. */
size_t oracle_winner(const struct oracle_layer *l, size_t k)
{
    long best = -1;
    for (int i = 0; i < l->kh; i++)
        for (int j = 0; j < l->kw; j++) {
            long in = window_place(l, k, i, j);
            if (in >= 0 && (best < 0 || l->x[in] > l->x[best]))
                best = in;
        }
    return (size_t)best;
}

/* Places of the window of output k that its mean counts. */
static int counted(const struct oracle_layer *l, size_t k)
{
    int x = (int)(k % (size_t)l->ow), y = (int)(k / (size_t)l->ow % (size_t)l->oh), count = 0;
    for (int i = 0; i < l->kh; i++)
        for (int j = 0; j < l->kw; j++) {
            int row = y*l->stride_y + i - l->top, column = x*l->stride_x + j - l->left;
            count += row >= -l->above && row < l->h + l->below && column >= -l->before
                     && column < l->w + l->after;
        }
    return count;
}

/* Forward y, or, given dy, backward dx. */
void oracle_average(const struct oracle_layer *l, size_t out, double *y, const double *dy,
                    double *dx)
{
    for (size_t k = 0; k < out; k++) {
        double sum = 0;
        int count = counted(l, k);
        for (int i = 0; i < l->kh; i++)
            for (int j = 0; j < l->kw; j++) {
                long in = window_place(l, k, i, j);
                sum += in < 0 ? 0 : l->x[in];
                if (dx && in >= 0)
                    dx[in] += dy[k] / count;
            }
        if (y)
            y[k] = sum / count;
    }
}

/* Where output `k` of a side lies among `size` inputs, of which there are `times` as many outputs,
** and of the two around it, from *at, the share of the second. */
static double between(int k, int times, int size, int *at)
{
    double place = fmax(0, (k + 0.5) / times - 0.5);
    *at = (int)floor(place);
    if (*at < size - 1)
        return place - *at;
    *at = size - 2;
    return 1;
}

/* Forward y, or, given dy, backward dx. */
void oracle_upsample(const struct oracle_layer *l, size_t out, double *y, const double *dy,
                     double *dx)
{
    for (size_t k = 0; k < out; k++) {
        int x = (int)(k % (size_t)l->ow), row = (int)(k / (size_t)l->ow % (size_t)l->oh);
        size_t map = k / ((size_t)l->oh*(size_t)l->ow);
        int top = row / l->stride_y, left = x / l->stride_x;
        double below = l->bilinear ? between(row, l->stride_y, l->h, &top) : 0;
        double after = l->bilinear ? between(x, l->stride_x, l->w, &left) : 0;
        if (y)
            y[k] = 0;
        for (int i = 0; i < 2; i++)
            for (int j = 0; j < 2; j++) {
                double share = (i ? below : 1 - below)*(j ? after : 1 - after);
                if (top + i < 0 || top + i >= l->h || left + j < 0 || left + j >= l->w)
                    continue;       /* share is 0 */
                size_t in = (map*(size_t)l->h + (size_t)(top + i))*(size_t)l->w
                            + (size_t)(left + j);
                if (y)
                    y[k] += share*l->x[in];
                if (dx)
                    dx[in] += share*dy[k];
            }
    }
}

double oracle_pointwise(const struct oracle_layer *l, double x)
{
    switch (l->kind) {
    case ORACLE_RELU:       return x > 0 ? x : 0;
    case ORACLE_LEAKY_RELU: return x > 0 ? x : l->number*x;
    case ORACLE_SCALE:      return l->number*x;
    case ORACLE_GELU:       return 0.5*x*erfc(-x / sqrt(2));
    case ORACLE_TANH:       return tanh(x);
    case ORACLE_SILU:       return x / (1 + exp(-x));
    case ORACLE_CLIP:       return fmin(fmax(x, l->number), l->second);
    case ORACLE_ELU:        return x > 0 ? x : l->number*expm1(x);
    case ORACLE_HARDSIGMOID: return fmin(fmax(x + 3, 0), 6) / 6;
    case ORACLE_HARDSWISH:  return x*fmin(fmax(x + 3, 0), 6) / 6;
    default:                return 1 / (1 + exp(-x));
    }
}

/* The derivative at x, by its formula. */
double oracle_slope(const struct oracle_layer *l, double x)
{
    double y = oracle_pointwise(l, x);
    switch (l->kind) {
    case ORACLE_RELU:       return x > 0 ? 1 : 0;
    case ORACLE_LEAKY_RELU: return x > 0 ? 1 : l->number;
    case ORACLE_SCALE:      return l->number;
    case ORACLE_GELU:       return 0.5*erfc(-x / sqrt(2)) + x*exp(-x*x/2) / sqrt(2*acos(-1));
    case ORACLE_TANH:       return 1 - y*y;
    case ORACLE_SILU:       return (1 + x*exp(-x) / (1 + exp(-x))) / (1 + exp(-x));
    case ORACLE_CLIP:       return x > l->number && x < l->second;
    case ORACLE_ELU:        return x > 0 ? 1 : l->number*exp(x);
    case ORACLE_HARDSIGMOID: return x > -3 && x < 3 ? 1.0/6 : 0;
    case ORACLE_HARDSWISH:  return x <= -3 ? 0 : x >= 3 ? 1 : (2*x + 3) / 6;
    default:                return y*(1 - y);
    }
}

void oracle_prelu(const struct oracle_layer *l, int n, const double *slope, double *y,
                  const double *dy, double *dslope)
{
    size_t map = (size_t)l->h*(size_t)l->w, values = (size_t)n*(size_t)l->c*map;
    for (size_t k = 0; k < values; k++) {
        size_t c = k / map % (size_t)l->c;
        double x = l->x[k], factor = x > 0 ? 1 : slope[c];
        if (y)
            y[k] = factor*x;
        if (!dy)
            continue;
        l->dx[k] = factor*dy[k];
        dslope[c] += x > 0 ? 0 : dy[k]*x;
    }
}

/* The first end's gradient is the layer's own dx, as any layer's. */
static double *gradient_of_end(const struct oracle *o, const struct oracle_layer *l, int b)
{
    return b ? o->layer[l->end[b]].dy : l->dx;
}

static size_t values_of(const struct oracle *o, const struct oracle_layer *l)
{
    return (size_t)o->n*(size_t)l->oc*(size_t)l->oh*(size_t)l->ow;
}

void oracle_add(const struct oracle *o, const struct oracle_layer *l, double *y, const double *dy)
{
    for (size_t k = 0; k < values_of(o, l); k++) {
        if (y)
            y[k] = o->layer[l->end[0]].y[k] + o->layer[l->end[1]].y[k];
        for (int b = 0; b < l->branches && dy; b++)
            gradient_of_end(o, l, b)[k] += dy[k];
    }
}

/* Channel by channel: the first of branch b is `channel` of the output. */
void oracle_join(const struct oracle *o, const struct oracle_layer *l, double *y, const double *dy)
{
    size_t map = (size_t)l->oh*(size_t)l->ow, channel = 0;
    for (int b = 0; b < l->branches; b++) {
        const struct oracle_layer *end = &o->layer[l->end[b]];
        size_t c = (size_t)end->oc;
        for (size_t k = 0; k < values_of(o, end); k++) {
            size_t image = k / (c*map), from = image*c*map;
            size_t to = image*(size_t)l->oc*map + channel*map + (k - from);
            if (y)
                y[to] = end->y[k];
            if (dy)
                gradient_of_end(o, l, b)[k] += dy[to];
        }
        channel += c;
    }
}

/* The first factor may be one value a channel. */
void oracle_product(const struct oracle *o, const struct oracle_layer *l, double *y,
                    const double *dy)
{
    const struct oracle_layer *gate = &o->layer[l->end[0]], *x = &o->layer[l->end[1]];
    size_t times = (size_t)(x->oh*x->ow) / (size_t)(gate->oh*gate->ow);
    for (size_t k = 0; k < values_of(o, l); k++) {
        if (y)
            y[k] = gate->y[k / times]*x->y[k];
        if (dy) {
            l->dx[k / times] += dy[k]*x->y[k];
            x->dy[k] += dy[k]*gate->y[k / times];
        }
    }
}
