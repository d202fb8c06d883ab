/*
** shape/reshape_bwd.c - the gradient of a reshape's output as its input's, see reshape_fwd.c.
*/
#include "vector/template.h"

#define NAME reshape_bwd     /* @name */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ DY = 0, DY_IMAGE = 3072, OH = 16, OW = 16, C = 12, DX = 0,
           DX_IMAGE = 3072, IN_H = 32, IN_W = 32, CI = 3 };
    (void)items;
    (void)thread;
    const real *dy = s->arena + DY + (size_t)item*DY_IMAGE;
    real *dx = s->arena + DX + (size_t)item*DX_IMAGE;
    for (int c = 0, k = 0; c < C; c++)
        for (int p = 0; p < OH*OW; p++, k++)
            dx[k % (IN_H*IN_W)*CI + k / (IN_H*IN_W)] = dy[p*C + c];
}

#include "vector/undef.h"
