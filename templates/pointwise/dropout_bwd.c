/*
** pointwise/dropout_bwd.c - the gradient of dropout: the same mask and factor.
*/
#include "vector/template.h"

#define NAME dropout_bwd     /* @name */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ DY = 0, DY_IMAGE = 3072, DX = 0, DX_IMAGE = 3072, SIZE = 3072, MASK = 0,
           KEEP = 32768 };
    (void)items;
    (void)thread;
    const real *dy = s->arena + DY + (size_t)item*DY_IMAGE;
    real *dx = s->arena + DX + (size_t)item*DX_IMAGE;
    const unsigned char *mask = (const unsigned char *)(s->arena + MASK) + (size_t)item*SIZE;
    const int all = s->mode == MODE_EVAL || s->keep_all;
    const vec factor = v_set1((real)(65536.0 / KEEP));
    for (int k = 0; k < SIZE; k += VL) { /* @tail */
        vec g = v_load(dy + k);
        if (!all) {
            vmask kept = v_gt(v_load_u8(mask + k), v_zero());
            g = v_select(kept, v_mul(g, factor), v_zero());
        }
        v_store(dx + k, g);
    }
}

#include "vector/undef.h"
