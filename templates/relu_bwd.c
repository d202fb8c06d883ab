/*
** relu_bwd.c - the gradient of a ReLU that runs alone; at 0 it is 0.
*/
#include "template.h"

#define NAME relu_bwd        /* @name */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ Y = 0, Y_IMAGE = 3072, Y_ROW = 96, DY = 0, DY_IMAGE = 3072, DX = 0,
           DX_IMAGE = 3072, H = 32, ROW = 96 };
    (void)items;
    (void)thread;
    const real *y = s->arena + Y + (size_t)item*Y_IMAGE;
    const real *dy = s->arena + DY + (size_t)item*DY_IMAGE;
    real *dx = s->arena + DX + (size_t)item*DX_IMAGE;
    for (int r = 0; r < H; r++)
        for (int k = 0; k < ROW; k += VL) {
            int n = ROW - k < VL ? ROW - k : VL;
            vmask active = v_gt(v_load_part(y + r*Y_ROW + k, n), v_zero());
            vec g = v_select(active, v_load_part(dy + r*ROW + k, n), v_zero());
            v_store_part(dx + r*ROW + k, g, n);
        }
}

#include "undef.h"
