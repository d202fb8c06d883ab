/*
** pointwise/bwd.c - the gradient of a pointwise operation that runs alone: from its
** output, or from its input where the operation wants that.
*/
#include "vector/template.h"

#define NAME pointwise_bwd   /* @name */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ A = 0, A_IMAGE = 3072, A_ROW = 96, DY = 0, DY_IMAGE = 3072, DX = 0,
           DX_IMAGE = 3072, OH = 32, ROW = 96 };
    (void)items;
    (void)thread;
    const real *at = s->arena + A + (size_t)item*A_IMAGE;
    const real *dy = s->arena + DY + (size_t)item*DY_IMAGE;
    real *dx = s->arena + DX + (size_t)item*DX_IMAGE;
    for (int r = 0; r < OH; r++) {
        for (int k = 0; k < ROW; k += VL) { /* @tail */
            vec a = v_load(at + r*A_ROW + k), g = v_load(dy + r*ROW + k);
            (void)a;
            /* @epilogue g */
            v_store(dx + r*ROW + k, g);
        }
    }
}

#include "vector/undef.h"
