/*
** pool/row.c - one output row of a max-pool: the largest value of each window,
** the first in raster order where several are equal, and its number in the
** window. Used after a convolution (x is the band in L1) and alone.
*/
#include "vector/template.h"

#define NAME pool_row        /* @name */
#define KEEPS_ARGMAX 1       /* @flag */

static inline void NAME(const real *x /* PH rows */, real *y, unsigned char *argmax)
{
    enum { /* @sizes */ OW = 16, C = 17, PH = 2, PW = 2, STEP_X = 2, X_ROW = 544, X_PIXEL = 17,
           Y_PIXEL = 17 };
    (void)argmax;
    for (int p = 0; p < OW; p++) {
        const real *window = x + p*STEP_X*X_PIXEL;
        for (int c = 0; c < C; c += VL) { /* @tail */
            vec best = v_load(window + c);
#if KEEPS_ARGMAX
            vec index = v_zero();
#endif
            UNROLL for (int i = 0; i < PH; i++)
                UNROLL for (int j = 0; j < PW; j++) {
                    vec v = v_load(window + c + i*X_ROW + j*X_PIXEL);
#if KEEPS_ARGMAX
                    index = v_select(v_gt(v, best), v_set1(i*PW + j), index);
#endif
                    best = v_max(v, best);
                }
            /* @epilogue best */
            v_store(y + p*Y_PIXEL + c, best);
#if KEEPS_ARGMAX
            v_store_u8(argmax + p*C + c, index);
#endif
        }
    }
}

#include "vector/undef.h"
