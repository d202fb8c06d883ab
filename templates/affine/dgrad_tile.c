/*
** affine/dgrad_tile.c - NV vectors of one image's input gradient: adds, for each
** nonzero unit of a block in order, its gradient times its weights.
*/
#include "vector/template.h"

#define NAME affine_dgrad_tile /* @name */

static inline void NAME(const struct entry *e, int count, const real *w /* row 0 */, real *dx,
                        int first)
{
    enum { /* @sizes */ NV = 8, WIDTH = 128 };
    vec acc[NV];
    UNROLL for (int n = 0; n < NV; n++)
        acc[n] = first ? v_zero() : v_load(dx + n*VL);
    for (int k = 0; k < count; k++) {
        const real *row = w + (ptrdiff_t)e[k].at*WIDTH;
        vec g = v_set1(e[k].value);
        UNROLL for (int n = 0; n < NV; n++)
            acc[n] = v_fma(g, v_load(row + n*VL), acc[n]);
    }
    UNROLL for (int n = 0; n < NV; n++)
        v_store(dx + n*VL, acc[n]);
}

#include "vector/undef.h"
