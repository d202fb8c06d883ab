/*
** affine/one_tile.c - NV vectors of an affine layer's units, of one image. A panel's sums begin at
** +0, and are added to those of the panels before it: the order of affine/fwd.c. Then bias and
** pointwise operations.
*/
#include "vector/template.h"

#define NAME affine_one_tile /* @name */
#define BIAS 1               /* @flag */
#define PARTIAL 1            /* @flag */

static inline void NAME(const real *x, const real *w /* [COLUMNS][BLOCK] */, const real *bias,
                        real *y)
{
    enum { /* @sizes */ NV = 4, BLOCK = 32, COLUMNS = 4096, PART = 1 };
    vec sum[NV];
    UNROLL for (int n = 0; n < NV; n++)
        sum[n] = v_zero();
    for (int column = 0; column < COLUMNS; column += PANEL) {
        const int end = COLUMNS - column < PANEL ? COLUMNS : column + PANEL;
        vec acc[NV];
        UNROLL for (int n = 0; n < NV; n++)
            acc[n] = v_zero();
        for (int k = column; k < end; k++) {
            const vec a = v_set1(x[k]);
            UNROLL for (int n = 0; n < NV; n++)
                acc[n] = v_fma(a, v_load(w + n*VL), acc[n]);
            w += BLOCK;
        }
        UNROLL for (int n = 0; n < NV; n++)
            sum[n] = column ? v_add(sum[n], acc[n]) : acc[n];
    }
    UNROLL for (int n = 0; n < NV; n++) {
#if BIAS
        sum[n] = v_add(sum[n], v_load(bias + n*VL));
#endif
        /* @epilogue sum[n] */
    }
#if !BIAS
    (void)bias;
#endif
#if PARTIAL
    UNROLL for (int n = 0; n < NV - 1; n++)
        v_store(y + n*VL, sum[n]);
    v_store_part(y + (NV - 1)*VL, sum[NV - 1], PART);
#else
    UNROLL for (int n = 0; n < NV; n++)
        v_store(y + n*VL, sum[n]);
#endif
}

#include "vector/undef.h"
