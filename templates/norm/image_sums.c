/*
** norm/image_sums.c - for each channel of one image the sum of the gradients of its normalised
** values and of their products with the centred input, in raster order, whether a max-pool follows
** or not: of norm/sums.c, for all stages of one shape.
*/
#include "vector/template.h"
#include "norm/gradient.c"

#define NAME norm_image_sums   /* @name */
#define GRADIENT norm_gradient /* @name */
#define POOL 1                 /* @flag */

static inline void NAME(const real *x, const real *y, const real *dy /* [OH][OW][C] */,
                        const unsigned char *argmax,
                        const real *mean /* coefficients, [COUNT] each */,
                        real *sums /* [2][COUNT] */)
{
    enum { /* @sizes */ X_ROW = 544, Y_ROW = 544, OH = 32, OW = 32, C = 17, PH = 2, PW = 2, NV = 1,
           COUNT = 32 };
    const real *factor = mean + 2*COUNT, *beta = mean + 3*COUNT;
    real *products = sums + COUNT;
    (void)argmax;
    for (int c = 0; c < C; c += NV*VL) { /* @tail */
        vec sum[NV], product[NV];
        UNROLL for (int n = 0; n < NV; n++)
            sum[n] = product[n] = v_zero();
        for (int r = 0; r < OH*PH; r++)
            for (int p = 0; p < OW; p++) {
                const real *xp = x + r*X_ROW + p*PW*C + c, *yp = y + r/PH*Y_ROW + p*C + c;
                const int at = (r/PH*OW + p)*C + c;
                UNROLL for (int j = 0; j < PW; j++)
                    UNROLL for (int n = 0; n < NV; n++) {
                        vec d = v_sub(v_load(xp + j*C + n*VL), v_load(mean + c + n*VL));
                        vec g = v_load(dy + at + n*VL);
#if POOL
                        g = v_select(v_eq(v_load_u8(argmax + at + n*VL), v_set1(r%PH*PW + j)), g,
                                     v_zero());
#endif
                        g = GRADIENT(g, d, v_load(factor + c + n*VL), v_load(beta + c + n*VL),
                                     v_load(yp + n*VL));
                        sum[n] = v_add(sum[n], g);
                        product[n] = v_fma(g, d, product[n]);
                    }
            }
        UNROLL for (int n = 0; n < NV; n++) {
            v_store(sums + c + n*VL, sum[n]);
            v_store(products + c + n*VL, product[n]);
        }
    }
}

#include "vector/undef.h"
