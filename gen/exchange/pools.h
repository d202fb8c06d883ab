/*
** pools.h - pools, and means and maxima of whole maps. Each makes its node's output; false:
** refused.
*/
#ifndef LATHE_POOLS_H
#define LATHE_POOLS_H

#include "exchange/incoming.h"

bool pool(struct incoming *g, int node);
/* GlobalAveragePool, GlobalMaxPool, ReduceMean and ReduceMax over a map's rows and columns. */
bool global_pool(struct incoming *g, int node);

#endif
