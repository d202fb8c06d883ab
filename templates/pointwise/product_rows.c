/*
** pointwise/product_rows.c - some rows of a map times what a gate's block makes of it, and the
** pointwise layer after it. X_ROW and X_PIXEL are 0 where that is one value a channel.
*/
#include "vector/template.h"

#define NAME product_rows    /* @name */

static inline void NAME(const real *x, const real *z, real *y, int rows)
{
    enum { /* @sizes */ X_ROW = 0, X_PIXEL = 0, Z_ROW = 544, Y_ROW = 544, OW = 32, C = 17 };
    for (int r = 0; r < rows; r++)
        for (int p = 0; p < OW; p++) {
            for (int c = 0; c < C; c += VL) { /* @tail */
                vec v = v_mul(v_load(z + r*Z_ROW + p*C + c),
                              v_load(x + r*X_ROW + p*X_PIXEL + c));
                /* @epilogue v */
                v_store(y + r*Y_ROW + p*C + c, v);
            }
        }
}

#include "vector/undef.h"
