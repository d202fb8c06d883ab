/*
** pointwise/fork_bwd.c - the gradient of what both branches of a residual block read.
*/
#include "vector/template.h"

#define NAME fork_bwd        /* @name */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ DY = 0, DY_IMAGE = 3072, DZ = 0, DX = 0, DX_IMAGE = 3072, SIZE = 3072 };
    (void)items;
    (void)thread;
    const real *dy = s->arena + DY + (size_t)item*DY_IMAGE;
    const real *dz = s->arena + DZ + (size_t)item*DY_IMAGE;
    real *dx = s->arena + DX + (size_t)item*DX_IMAGE;
    for (int k = 0; k < SIZE; k += VL)      /* @tail */
        v_store(dx + k, v_add(v_load(dy + k), v_load(dz + k)));
}

#include "vector/undef.h"
