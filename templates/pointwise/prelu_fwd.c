/*
** pointwise/prelu_fwd.c - PReLU of one image: what is not above 0 times its channel's slope.
*/
#include "vector/template.h"

#define NAME prelu_fwd       /* @name */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 3072, X_ROW = 96, Y = 0, Y_IMAGE = 3072, Y_ROW = 96,
           OH = 32, OW = 32, C = 3, W = 0 };
    (void)items;
    (void)thread;
    const real *x = s->arena + X + (size_t)item*X_IMAGE, *slope = s->arena + W;
    real *y = s->arena + Y + (size_t)item*Y_IMAGE;
    for (int r = 0; r < OH; r++)
        for (int p = 0; p < OW; p++) {
            const real *from = x + r*X_ROW + p*C;
            real *to = y + r*Y_ROW + p*C;
            for (int c = 0; c < C; c += VL) { /* @tail */
                const vec v = v_load(from + c);
                v_store(to + c, v_select(v_gt(v, v_zero()), v, v_mul(v, v_load(slope + c))));
            }
        }
}

#include "vector/undef.h"
