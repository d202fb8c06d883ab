/*
** pool/average_gather.c - the mean of a whole map, some rows of it at a time: sums begin at 0, take
** values in raster order, and become means with the last row.
*/
#include "vector/template.h"

#define NAME avgpool_gather  /* @name */

static inline void NAME(const real *x /* row FROM */, real *sum, int from, int to)
{
    enum { /* @sizes */ X_ROW = 544, IN_H = 32, IN_W = 32, C = 17 };
    if (from == 0)
        for (int c = 0; c < C; c++)
            sum[c] = 0;
    for (int r = 0; r < to - from; r++)
        for (int p = 0; p < IN_W; p++) {
            const real *value = x + r*X_ROW + p*C;
            for (int c = 0; c < C; c += VL) { /* @tail */
                v_store(sum + c, v_add(v_load(sum + c), v_load(value + c)));
            }
        }
    if (to == IN_H) {
        const vec share = v_set1(1 / (real)(IN_H*IN_W));
        for (int c = 0; c < C; c += VL) { /* @tail */
            v_store(sum + c, v_mul(v_load(sum + c), share));
        }
    }
}

#include "vector/undef.h"
