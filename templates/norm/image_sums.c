/*
** norm/image_sums.c - for each channel of one image the sum of the gradients of its normalised
** values and of their products with the centred input: of norm/sums.c, for all stages of one
** shape.
*/
#include "vector/template.h"
#include "norm/gradient.c"

#define NAME norm_image_sums /* @name */
#define GRADIENT norm_gradient   /* @name */
#define PARTIAL 1            /* @flag */
#define WHOLE_VECTORS 1      /* @flag */

static inline void NAME(const real *x, const real *y, const real *dy /* [H][W][C] */,
                        const real *mean /* coefficients, [COUNT] each */,
                        real *sums /* [2][COUNT] */)
{
    enum { /* @sizes */ X_ROW = 544, Y_ROW = 544, H = 32, W = 32, C = 17, NV = 1, PART = 1,
           COUNT = 32 };
    enum { WHOLE = C / VL * VL };
    const real *factor = mean + 2*COUNT, *beta = mean + 3*COUNT;
    real *products = sums + COUNT;
#if WHOLE_VECTORS
    for (int c = 0; c < WHOLE; c += NV*VL) {
        vec sum[NV], product[NV];
        UNROLL for (int n = 0; n < NV; n++)
            sum[n] = product[n] = v_zero();
        for (int r = 0; r < H; r++)
            for (int p = 0; p < W; p++) {
                const real *xp = x + r*X_ROW + p*C + c, *yp = y + r*Y_ROW + p*C + c;
                const real *dp = dy + (r*W + p)*C + c;
                UNROLL for (int n = 0; n < NV; n++) {
                    vec d = v_sub(v_load(xp + n*VL), v_load(mean + c + n*VL));
                    vec g = GRADIENT(v_load(dp + n*VL), d, v_load(factor + c + n*VL),
                                     v_load(beta + c + n*VL), v_load(yp + n*VL));
                    sum[n] = v_add(sum[n], g);
                    product[n] = v_fma(g, d, product[n]);
                }
            }
        UNROLL for (int n = 0; n < NV; n++) {
            v_store(sums + c + n*VL, sum[n]);
            v_store(products + c + n*VL, product[n]);
        }
    }
#endif
#if PARTIAL
    vec sum = v_zero(), product = v_zero();
    for (int r = 0; r < H; r++)
        for (int p = 0; p < W; p++) {
            vec d = v_sub(v_load_part(x + r*X_ROW + p*C + WHOLE, PART),
                          v_load_part(mean + WHOLE, PART));
            vec g = GRADIENT(v_load_part(dy + (r*W + p)*C + WHOLE, PART), d,
                             v_load_part(factor + WHOLE, PART), v_load_part(beta + WHOLE, PART),
                             v_load_part(y + r*Y_ROW + p*C + WHOLE, PART));
            sum = v_add(sum, g);
            product = v_fma(g, d, product);
        }
    v_store_part(sums + WHOLE, sum, PART);
    v_store_part(products + WHOLE, product, PART);
#endif
}

#include "vector/undef.h"
