/*
** windows.h - windows over a map, as convolutions and pools have them, and convolutions.
*/
#ifndef LATHE_WINDOWS_H
#define LATHE_WINDOWS_H

#include "exchange/incoming.h"

enum { DOWN, ACROSS, SIDES };

struct windows {
    int node, nd;               /* dimensions of its map: 1 or 2 */
    int part;                   /* that it reads */
    struct shape in;
    int64_t k[SIDES], stride[SIDES], dilation[SIDES], before[SIDES], after[SIDES];
    double fill;                /* of a Pad that was taken in; nan: there was none */
};

static inline int64_t windows_side(const struct windows *s, int side)
{
    return side == DOWN ? s->in.h : s->in.w;
}

/* The node's map, and its window: of a kernel of these sides, or (NULL) of its attribute. False:
** refused, here and below. */
bool windows_read(struct incoming *g, int node, const int64_t *kernel, struct windows *s);
/* A Pad in front becomes part of the window's. */
void windows_take_pad(struct incoming *g, struct windows *s);
/* The window, and its pads, in the layer. */
void windows_set(const struct windows *s, struct layer *l);
bool windows_set_pads(struct incoming *g, const struct windows *s, struct layer *l);
/* Whole windows in a padded side; below 1: there are none. */
int64_t windows_in(const struct windows *s, int d);

/* Each makes its node's output. */
bool convolution(struct incoming *g, int node);
bool transposed_convolution(struct incoming *g, int node);

/* Rows or columns, a dimension's `from` to `to` - 1, of what a deconv makes for this value alone:
** the deconv is one that makes no others. False, and nothing is changed: the value is none such. */
bool cut_deconv(struct incoming *g, int value, int dim, int64_t from, int64_t to);

#endif
