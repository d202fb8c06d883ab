/*
** affine/wgrad_tile.c - NV vectors of one unit's weight gradient: adds, for each
** image of a pass in which the unit is active, in order, its gradient times the input.
*/
#include "vector/template.h"

#define NAME affine_wgrad_tile /* @name */

static inline void NAME(const struct entry *e, int count, const real *x, real *dw,
                        int first)
{
    enum { /* @sizes */ NV = 8, X_IMAGE = 4096 };
    vec acc[NV];
    UNROLL for (int n = 0; n < NV; n++)
        acc[n] = first ? v_zero() : v_load(dw + n*VL);
    for (int k = 0; k < count; k++) {
        const real *p = x + (ptrdiff_t)e[k].at*X_IMAGE;
        vec g = v_set1(e[k].value);
        UNROLL for (int n = 0; n < NV; n++)
            acc[n] = v_fma(g, v_load(p + n*VL), acc[n]);
    }
    UNROLL for (int n = 0; n < NV; n++)
        v_store(dw + n*VL, acc[n]);
}

#include "vector/undef.h"
