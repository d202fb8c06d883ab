/*
** windows.h - operators with windows over a map: convolutions and pools. Each makes its node's
** output; false: refused.
*/
#ifndef LATHE_WINDOWS_H
#define LATHE_WINDOWS_H

#include "exchange/incoming.h"

bool convolution(struct incoming *g, int node);
bool transposed_convolution(struct incoming *g, int node);
bool pool(struct incoming *g, int node);
bool global_pool(struct incoming *g, int node);

/* Rows or columns, a dimension's `from` to `to` - 1, of what a deconv makes for this value alone:
** the deconv is one that makes no others. False, and nothing is changed: the value is none such. */
bool cut_deconv(struct incoming *g, int value, int dim, int64_t from, int64_t to);

#endif
