/*
** pointwise/product_fwd.c - a map times what a gate's block makes of it, for one image, and the
** pointwise layer after it. X_ROW and X_PIXEL are 0 where that is one value a channel.
*/
#include "vector/template.h"

#define NAME product_fwd     /* @name */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 32, X_ROW = 0, X_PIXEL = 0, Z = 0, Z_IMAGE = 17408,
           Z_ROW = 544, Y = 0, Y_IMAGE = 17408, Y_ROW = 544, OH = 32, OW = 32, C = 17 };
    (void)items;
    (void)thread;
    const real *x = s->arena + X + (size_t)item*X_IMAGE;
    const real *z = s->arena + Z + (size_t)item*Z_IMAGE;
    real *y = s->arena + Y + (size_t)item*Y_IMAGE;
    for (int r = 0; r < OH; r++)
        for (int p = 0; p < OW; p++) {
            for (int c = 0; c < C; c += VL) { /* @tail */
                vec v = v_mul(v_load(z + r*Z_ROW + p*C + c),
                              v_load(x + r*X_ROW + p*X_PIXEL + c));
                /* @epilogue v */
                v_store(y + r*Y_ROW + p*C + c, v);
            }
        }
}

#include "vector/undef.h"
