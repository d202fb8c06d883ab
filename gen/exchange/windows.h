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

#endif
