/*
** norm_bwd.c - batch normalisation, gradient to the data of one image:
** gamma/deviation * (g - mean(g) - (x - mean)*mean(g*(x - mean))/deviation^2), means over
** the batch (Ioffe and Szegedy, arXiv:1502.03167).
*/
#include "template.h"
#include "norm_gradient.c"

#define NAME norm_bwd        /* @name */
#define GRADIENT norm_gradient   /* @name */
#define PARTIAL 1            /* @flag */
#define WHOLE_VECTORS 1      /* @flag */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 17408, X_ROW = 544, Y = 0, Y_IMAGE = 17408, Y_ROW = 544,
           DY = 0, DY_IMAGE = 17408, DX = 0, DX_IMAGE = 17408, H = 32, W = 32, C = 17, PART = 1,
           COUNT = 32, COEFFICIENTS = 0 };
    enum { WHOLE = C / VL * VL };
    (void)items;
    (void)thread;
    const real *x = s->arena + X + (size_t)item*X_IMAGE;
    const real *y = s->arena + Y + (size_t)item*Y_IMAGE;
    const real *dy = s->arena + DY + (size_t)item*DY_IMAGE;
    const real *mean = s->arena + COEFFICIENTS, *factor = mean + 2*COUNT, *beta = mean + 3*COUNT;
    const real *sum = mean + 4*COUNT, *product = mean + 5*COUNT;
    real *dx = s->arena + DX + (size_t)item*DX_IMAGE;
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

#include "undef.h"
