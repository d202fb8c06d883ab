/*
** norm_sums.c - batch normalisation, backward: for each channel of one image the sum of
** the gradients and of their products with the centred input.
*/
#include "template.h"
#include "norm_gradient.c"

#define NAME norm_sums       /* @name */
#define GRADIENT norm_gradient   /* @name */
#define PARTIAL 1            /* @flag */
#define WHOLE_VECTORS 1      /* @flag */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 17408, X_ROW = 544, Y = 0, Y_IMAGE = 17408, Y_ROW = 544,
           DY = 0, DY_IMAGE = 17408, H = 32, W = 32, C = 17, NV = 1, PART = 1, MOMENTS = 0,
           COUNT = 32, COEFFICIENTS = 0 };
    enum { WHOLE = C / VL * VL };
    (void)items;
    (void)thread;
    const real *x = s->arena + X + (size_t)item*X_IMAGE;
    const real *y = s->arena + Y + (size_t)item*Y_IMAGE;
    const real *dy = s->arena + DY + (size_t)item*DY_IMAGE;
    const real *mean = s->arena + COEFFICIENTS, *factor = mean + 2*COUNT, *beta = mean + 3*COUNT;
    real *sums = s->arena + MOMENTS + (size_t)item*2*COUNT, *products = sums + COUNT;
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

#include "undef.h"
