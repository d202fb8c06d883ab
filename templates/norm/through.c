/*
** norm/through.c - the gradient to the data of VL values of a batch normalisation:
** gamma/deviation * (g - mean(g) - (x - mean)*mean(g*(x - mean))/deviation^2), means over
** the batch (Ioffe and Szegedy, arXiv:1502.03167).
*/
#include "vector/template.h"
#include "norm/gradient.c"

#define NAME norm_through      /* @name */
#define GRADIENT norm_gradient /* @name */

static inline vec NAME(vec g, vec x, vec y, const real *mean /* coefficients, [COUNT] each */)
{
    enum { /* @sizes */ COUNT = 32 };
    const vec d = v_sub(x, v_load(mean)), f = v_load(mean + 2*COUNT);
    g = GRADIENT(g, d, f, v_load(mean + 3*COUNT), y);
    g = v_sub(v_sub(g, v_load(mean + 4*COUNT)), v_mul(d, v_load(mean + 5*COUNT)));
    return v_mul(f, g);
}

#include "vector/undef.h"
