/*
** pool/average_rows.c - rows FROM .. TO of the means of windows, their values added in raster
** order. BEYOND: of those inside the map; what is counted may reach beyond it.
*/
#include "vector/template.h"
#include "pool/share.c"

#define NAME avgpool_rows    /* @name */
#define SHARE_OF avgpool_share   /* @name */
#define BEYOND 1             /* @flag */

static inline void NAME(const real *x, real *y /* row FROM */, int from, int to)
{
    enum { /* @sizes */ X_ROW = 544, Y_ROW = 272, OW = 16, C = 17, PH = 2, PW = 2, STEP_Y = 2,
           STEP_X = 2, TOP = 1, LEFT = 1, IN_H = 32, IN_W = 32 };
#if !BEYOND
    const vec share = v_set1(1 / (real)(PH*PW));
#endif
    for (int r = from; r < to; r++)
        for (int p = 0; p < OW; p++) {
#if BEYOND
            const int top = r*STEP_Y - TOP, left = p*STEP_X - LEFT;
            const vec share = SHARE_OF(top, left);
#else
            const int top = r*STEP_Y, left = p*STEP_X;
#endif
            const real *window = x + (ptrdiff_t)top*X_ROW + (ptrdiff_t)left*C;
            real *mean = y + (r - from)*Y_ROW + p*C;
            for (int c = 0; c < C; c += VL) { /* @tail */
                vec sum = v_zero();
                for (int i = 0; i < PH; i++) {
                    UNROLL for (int j = 0; j < PW; j++)
#if BEYOND
                        if (top + i >= 0 && top + i < IN_H && left + j >= 0 && left + j < IN_W)
#endif
                            sum = v_add(sum, v_load(window + c + i*X_ROW + j*C));
                }
                v_store(mean + c, v_mul(sum, share));
            }
        }
}

#include "vector/undef.h"
