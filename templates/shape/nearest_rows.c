/*
** shape/nearest_rows.c - rows FROM .. TO of a map with UP_H times as many rows and UP_W times as
** many columns: each value again and again.
*/
#include "vector/template.h"

#define NAME nearest_rows    /* @name */

static inline void NAME(const real *x, real *y /* row FROM */, int from, int to)
{
    enum { /* @sizes */ X_ROW = 272, IN_W = 16, Y_ROW = 544, C = 17, UP_H = 2, UP_W = 2 };
    for (int r = from; r < to; r++)
        for (int p = 0; p < IN_W; p++) {
            const real *value = x + r / UP_H*X_ROW + p*C;
            real *out = y + (r - from)*Y_ROW + p*UP_W*C;
            for (int c = 0; c < C; c += VL) { /* @tail */
                vec v = v_load(value + c);
                UNROLL for (int j = 0; j < UP_W; j++)
                    v_store(out + j*C + c, v);
            }
        }
}

#include "vector/undef.h"
