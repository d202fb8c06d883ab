/*
** norm/image_bwd.c - batch normalisation, gradient to the data of one image:
** gamma/deviation * (g - mean(g) - (x - mean)*mean(g*(x - mean))/deviation^2), means over
** the batch (Ioffe and Szegedy, arXiv:1502.03167). For all stages of one shape.
*/
#include "vector/template.h"
#include "norm/gradient.c"

#define NAME norm_image_bwd    /* @name */
#define GRADIENT norm_gradient /* @name */

static inline void NAME(const real *x, const real *y, const real *dy /* [OH][OW][C] */,
                        const real *mean /* coefficients, [COUNT] each */, real *dx)
{
    enum { /* @sizes */ X_ROW = 544, Y_ROW = 544, OH = 32, OW = 32, C = 17, COUNT = 32 };
    const real *factor = mean + 2*COUNT, *beta = mean + 3*COUNT;
    const real *sum = mean + 4*COUNT, *product = mean + 5*COUNT;
    for (int r = 0; r < OH; r++)
        for (int p = 0; p < OW; p++) {
            const real *xp = x + r*X_ROW + p*C, *yp = y + r*Y_ROW + p*C;
            const int at = (r*OW + p)*C;
            for (int c = 0; c < C; c += VL) { /* @tail */
                vec d = v_sub(v_load(xp + c), v_load(mean + c)), f = v_load(factor + c);
                vec g = GRADIENT(v_load(dy + at + c), d, f, v_load(beta + c), v_load(yp + c));
                g = v_sub(v_sub(g, v_load(sum + c)), v_mul(d, v_load(product + c)));
                v_store(dx + at + c, v_mul(f, g));
            }
        }
}

#include "vector/undef.h"
