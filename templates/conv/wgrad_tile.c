/*
** conv/wgrad_tile.c - weight gradient of one filter, MH of its rows by NV
** vectors of its KW*CI columns in registers, over a list of nonzero output
** gradients: each entry adds its value times the input under those taps.
**
** v_keep() after each product: AArch64 has no product with memory, and gcc would load
** the inputs of many products first and spill sums to make room.
*/
#include "vector/template.h"

#define NAME conv_wgrad_tile /* @name */

static inline void NAME(const real *x, const struct entry *e, int count, real *dw)
{
    enum { /* @sizes */ MH = 3, NV = 3, X_ROW = 544, ROW = 48 };
    vec acc[MH][NV];
    UNROLL for (int i = 0; i < MH; i++)
        UNROLL for (int n = 0; n < NV; n++)
            acc[i][n] = v_load(dw + i*ROW + n*VL);
    for (int k = 0; k < count; k++) {
        const real *p = x + e[k].at;
        vec g = v_set1(e[k].value);
        UNROLL for (int i = 0; i < MH; i++)
            UNROLL for (int n = 0; n < NV; n++) {
                acc[i][n] = v_fma(g, v_load(p + i*X_ROW + n*VL), acc[i][n]);
                v_keep();
            }
    }
    UNROLL for (int i = 0; i < MH; i++)
        UNROLL for (int n = 0; n < NV; n++)
            v_store(dw + i*ROW + n*VL, acc[i][n]);
}

#include "vector/undef.h"
