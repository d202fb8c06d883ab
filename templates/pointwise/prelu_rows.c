/*
** pointwise/prelu_rows.c - PReLU of some rows: what is not above 0 times its channel's slope.
*/
#include "vector/template.h"

#define NAME prelu_rows      /* @name */

static inline void NAME(const real *x, const real *slope, real *y, int rows)
{
    enum { /* @sizes */ X_ROW = 96, Y_ROW = 96, OW = 32, C = 3 };
    for (int r = 0; r < rows; r++)
        for (int p = 0; p < OW; p++) {
            const real *from = x + r*X_ROW + p*C;
            real *to = y + r*Y_ROW + p*C;
            for (int c = 0; c < C; c += VL) { /* @tail */
                const vec v = v_load(from + c);
                v_store(to + c, v_select(v_gt(v, v_zero()), v, v_mul(v, v_load(slope + c))));
            }
        }
}

#include "vector/undef.h"
