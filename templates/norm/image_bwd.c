/*
** norm/image_bwd.c - batch normalisation, gradient to the data of one image:
** gamma/deviation * (g - mean(g) - (x - mean)*mean(g*(x - mean))/deviation^2), means over
** the batch (Ioffe and Szegedy, arXiv:1502.03167). For all stages of one shape.
*/
#include "vector/template.h"
#include "norm/gradient.c"

#define NAME norm_image_bwd  /* @name */
#define GRADIENT norm_gradient   /* @name */
#define PARTIAL 1            /* @flag */
#define WHOLE_VECTORS 1      /* @flag */

static inline void NAME(const real *x, const real *y, const real *dy /* [H][W][C] */,
                        const real *mean /* coefficients, [COUNT] each */, real *dx)
{
    enum { /* @sizes */ X_ROW = 544, Y_ROW = 544, H = 32, W = 32, C = 17, PART = 1, COUNT = 32 };
    enum { WHOLE = C / VL * VL };
    const real *factor = mean + 2*COUNT, *beta = mean + 3*COUNT;
    const real *sum = mean + 4*COUNT, *product = mean + 5*COUNT;
    for (int r = 0; r < H; r++)
        for (int p = 0; p < W; p++) {
            const real *xp = x + r*X_ROW + p*C, *yp = y + r*Y_ROW + p*C;
            const int at = (r*W + p)*C;
#if WHOLE_VECTORS
            for (int c = 0; c < WHOLE; c += VL) {
                vec d = v_sub(v_load(xp + c), v_load(mean + c)), f = v_load(factor + c);
                vec g = GRADIENT(v_load(dy + at + c), d, f, v_load(beta + c), v_load(yp + c));
                g = v_sub(v_sub(g, v_load(sum + c)), v_mul(d, v_load(product + c)));
                v_store(dx + at + c, v_mul(f, g));
            }
#endif
#if PARTIAL
            vec d = v_sub(v_load_part(xp + WHOLE, PART), v_load_part(mean + WHOLE, PART));
            vec f = v_load_part(factor + WHOLE, PART);
            vec g = GRADIENT(v_load_part(dy + at + WHOLE, PART), d, f,
                             v_load_part(beta + WHOLE, PART), v_load_part(yp + WHOLE, PART));
            g = v_sub(v_sub(g, v_load_part(sum + WHOLE, PART)),
                      v_mul(d, v_load_part(product + WHOLE, PART)));
            v_store_part(dx + at + WHOLE, v_mul(f, g), PART);
#endif
        }
}

#include "vector/undef.h"
