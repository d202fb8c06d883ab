/*
** shape/reshape_map.c - a map as one of another shape, in NCHW order: value k of the output is
** value k of the input.
*/
#include "vector/template.h"

#define NAME reshape_map     /* @name */

static inline void NAME(const real *x, real *y)
{
    enum { /* @sizes */ X_ROW = 96, IN_H = 32, IN_W = 32, CI = 3, Y_ROW = 192, OH = 16, OW = 16,
           C = 12 };
    for (int c = 0, k = 0; c < C; c++)
        for (int r = 0; r < OH; r++)
            for (int p = 0; p < OW; p++, k++)
                y[r*Y_ROW + p*C + c] = x[k / IN_W % IN_H*X_ROW + k % IN_W*CI + k / (IN_H*IN_W)];
}

#include "vector/undef.h"
