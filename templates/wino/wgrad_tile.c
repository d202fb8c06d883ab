/*
** wino/wgrad_tile.c - the weight gradient in the transformed domain, MH filters by NV vectors
** of input channels at one place: adds, tile by tile, the filter's transformed gradient times
** the transformed input.
*/
#include "vector/template.h"

#define NAME wino_wgrad_tile /* @name */

static inline void NAME(const real *g /* [tile][G_TILE] */, const real *v /* [tile][V_TILE] */,
                        real *u /* [filter][U_WIDTH] */, int tiles)
{
    enum { /* @sizes */ MH = 8, NV = 2, G_TILE = 48, V_TILE = 48, U_WIDTH = 16 };
    vec acc[MH][NV];
    UNROLL for (int i = 0; i < MH; i++)
        UNROLL for (int n = 0; n < NV; n++)
            acc[i][n] = v_load(u + i*U_WIDTH + n*VL);
    for (int t = 0; t < tiles; t++) {
        vec a, b[NV];
        UNROLL for (int n = 0; n < NV; n++)
            b[n] = v_load(v + t*V_TILE + n*VL);
        UNROLL for (int i = 0; i < MH; i++) {
            a = v_set1(g[t*G_TILE + i]);
            UNROLL for (int n = 0; n < NV; n++)
                acc[i][n] = v_fma(a, b[n], acc[i][n]);
        }
        v_keep();
    }
    UNROLL for (int i = 0; i < MH; i++)
        UNROLL for (int n = 0; n < NV; n++)
            v_store(u + i*U_WIDTH + n*VL, acc[i][n]);
}

#include "vector/undef.h"
