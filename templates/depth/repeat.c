/*
** depth/repeat.c - rows FROM .. TO of a map with every channel MULTIPLIER times side by side: what
** a depthwise convolution with MULTIPLIER filters a channel reads, one for each of them.
*/
#include "vector/template.h"

#define NAME depth_repeat    /* @name */

static inline void NAME(const real *x, real *wide, int from, int to)
{
    enum { /* @sizes */ VALUES = 544, X_ROW = 544, MULTIPLIER = 2 };
    for (int r = from; r < to; r++)
        for (int k = 0; k < VALUES; k++)
            for (int t = 0; t < MULTIPLIER; t++)
                wide[(r*VALUES + k)*MULTIPLIER + t] = x[(ptrdiff_t)r*X_ROW + k];
}

#include "vector/undef.h"
