/*
** pointwise/product_bwd.c - the gradients of both factors of a product, for one image, through the
** pointwise layer after it. BROADCAST: the gate is one value a channel, and its gradient a sum in
** raster order.
*/
#include "vector/template.h"

#define NAME product_bwd     /* @name */
#define POINTWISE 1          /* @flag */
#define BROADCAST 1          /* @flag */
#define HAS_DX 1             /* @flag */
#define HAS_DZ 1             /* @flag */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 32, X_ROW = 0, X_PIXEL = 0, Z = 0, Z_IMAGE = 17408,
           Z_ROW = 544, DY = 0, DY_IMAGE = 17408, DX = 0, DX_IMAGE = 32, DZ = 0, OH = 32, OW = 32,
           C = 17 };
    (void)items;
    (void)thread;
    const real *dy = s->arena + DY + (size_t)item*DY_IMAGE;
#if POINTWISE
    enum { /* @sizes */ Y = 0, Y_IMAGE = 17408, Y_ROW = 544 };
    const real *y = s->arena + Y + (size_t)item*Y_IMAGE;
#endif
#if HAS_DX
    const real *z = s->arena + Z + (size_t)item*Z_IMAGE;
    real *dx = s->arena + DX + (size_t)item*DX_IMAGE;
#endif
#if HAS_DZ
    const real *x = s->arena + X + (size_t)item*X_IMAGE;
    real *dz = s->arena + DZ + (size_t)item*DY_IMAGE;
#endif
    for (int c = 0; c < C; c += VL) { /* @tail */
#if HAS_DX
#if BROADCAST
        vec sum = v_zero();
#endif
#endif
        for (int r = 0; r < OH; r++)
            for (int p = 0; p < OW; p++) {
                vec g = v_load(dy + (r*OW + p)*C + c);
#if POINTWISE
                vec a = v_load(y + r*Y_ROW + p*C + c);
                (void)a;
                /* @epilogue g */
#endif
#if HAS_DX
#if BROADCAST
                sum = v_fma(g, v_load(z + r*Z_ROW + p*C + c), sum);
#else
                v_store(dx + (r*OW + p)*C + c, v_mul(g, v_load(z + r*Z_ROW + p*C + c)));
#endif
#endif
#if HAS_DZ
                v_store(dz + (r*OW + p)*C + c, v_mul(g, v_load(x + r*X_ROW + p*X_PIXEL + c)));
#endif
            }
#if HAS_DX
#if BROADCAST
        v_store(dx + c, sum);
#endif
#endif
    }
}

#include "vector/undef.h"
