/*
** norm/rows.c - batch normalisation of some rows, with the statistics of norm/merge.c,
** and the pointwise layer after it; of each window of a max-pool after that the largest value, the
** first in raster order where several are equal, and its number in the window. For all stages of
** one shape.
*/
#include "vector/template.h"

#define NAME norm_rows       /* @name */
#define POOL 1               /* @flag */
#define KEEPS_ARGMAX 1       /* @flag */

static inline void NAME(const real *x, const real *mean /* coefficients, [COUNT] each */, real *y,
                        unsigned char *argmax, int rows)
{
    enum { /* @sizes */ X_ROW = 544, Y_ROW = 544, OW = 32, C = 17, PH = 2, PW = 2,
           WINDOW = 4, COUNT = 32 };
    const real *factor = mean + 2*COUNT, *beta = mean + 3*COUNT;
    (void)argmax;
    for (int r = 0; r < rows; r++)
        for (int p = 0; p < OW; p++) {
            const real *from = x + r*PH*X_ROW + p*PW*C;
            real *to = y + r*Y_ROW + p*C;
            for (int c = 0; c < C; c += VL) { /* @tail */
                vec value[WINDOW];
                UNROLL for (int i = 0; i < PH; i++)
                    UNROLL for (int j = 0; j < PW; j++) {
                        vec v = v_sub(v_load(from + i*X_ROW + j*C + c), v_load(mean + c));
                        v = v_fma(v, v_load(factor + c), v_load(beta + c));
                        /* @epilogue v */
                        value[i*PW + j] = v;
                    }
#if POOL
#if KEEPS_ARGMAX
                vec index = v_zero();
#endif
                UNROLL for (int k = 1; k < WINDOW; k++) {
#if KEEPS_ARGMAX
                    index = v_select(v_gt(value[k], value[0]), v_set1(k), index);
#endif
                    value[0] = v_max(value[k], value[0]);
                }
#if KEEPS_ARGMAX
                v_store_u8(argmax + (r*OW + p)*C + c, index);
#endif
#endif
                v_store(to + c, value[0]);
            }
        }
}

#include "vector/undef.h"
