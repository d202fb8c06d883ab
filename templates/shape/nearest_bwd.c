/*
** shape/nearest_bwd.c - the gradient of what shape/nearest_fwd.c repeats: the sum over its copies
** in raster order.
*/
#include "vector/template.h"

#define NAME nearest_bwd     /* @name */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ DY = 0, DY_IMAGE = 17408, OW = 32, C = 17, UP_H = 2, UP_W = 2, DX = 0,
           DX_IMAGE = 4352, IN_H = 16, IN_W = 16 };
    (void)items;
    (void)thread;
    const real *dy = s->arena + DY + (size_t)item*DY_IMAGE;
    real *dx = s->arena + DX + (size_t)item*DX_IMAGE;
    for (int r = 0; r < IN_H; r++)
        for (int p = 0; p < IN_W; p++) {
            const real *from = dy + (r*UP_H*OW + p*UP_W)*C;
            real *to = dx + (r*IN_W + p)*C;
            for (int c = 0; c < C; c += VL) { /* @tail */
                vec sum = v_zero();
                for (int i = 0; i < UP_H; i++) {
                    for (int j = 0; j < UP_W; j++)
                        sum = v_add(sum, v_load(from + (i*OW + j)*C + c));
                }
                v_store(to + c, sum);
            }
        }
}

#include "vector/undef.h"
