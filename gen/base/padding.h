/*
** padding.h - what `pad=` and `ceil=yes` come to: shape.c works layers out by it, and what is read
** from elsewhere is spelt by it.
*/
#ifndef LATHE_PADDING_H
#define LATHE_PADDING_H

#include "base/net.h"

/* Pixels that k taps span. */
int window_span(const struct layer *l, int k);

/* l->pad_top and its like, by what was said; of a deconv what is cut off its map. */
void padding_said(struct layer *l);

/* Of a padded pool's l->in: out.h and out.w, and what `ceil` adds to pad_bottom and pad_right. */
void padding_of_pool(struct layer *l);

#endif
