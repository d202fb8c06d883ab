/*
** norm/image_bwd.c - batch normalisation, gradient to the data of one image, from that of the
** max-pool's output where there is one. For all stages of one shape.
*/
#include "vector/template.h"
#include "norm/through.c"

#define NAME norm_image_bwd    /* @name */
#define PASS_BACK norm_through /* @name */
#define POOL 1                 /* @flag */

static inline void NAME(const real *x, const real *y, const real *dy /* [OH][OW][C] */,
                        const unsigned char *argmax,
                        const real *mean /* coefficients, [COUNT] each */, real *dx)
{
    enum { /* @sizes */ X_ROW = 544, Y_ROW = 544, OH = 32, OW = 32, C = 17, PH = 2, PW = 2 };
    (void)argmax;
    for (int r = 0; r < OH; r++)
        for (int p = 0; p < OW; p++) {
            const real *xp = x + r*PH*X_ROW + p*PW*C, *yp = y + r*Y_ROW + p*C;
            real *to = dx + (r*PH*OW + p)*PW*C;
            const int at = (r*OW + p)*C;
            for (int c = 0; c < C; c += VL) { /* @tail */
                const vec all = v_load(dy + at + c);
#if POOL
                const vec index = v_load_u8(argmax + at + c);
#endif
                UNROLL for (int i = 0; i < PH; i++)
                    UNROLL for (int j = 0; j < PW; j++) {
#if POOL
                        const vec g = v_select(v_eq(index, v_set1(i*PW + j)), all, v_zero());
#else
                        const vec g = all;
#endif
                        v_store(to + (i*OW*PW + j)*C + c,
                                PASS_BACK(g, v_load(xp + i*X_ROW + j*C + c), v_load(yp + c),
                                          mean + c));
                    }
            }
        }
}

#include "vector/undef.h"
