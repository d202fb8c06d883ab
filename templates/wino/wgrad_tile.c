/*
** wino/wgrad_tile.c - the weight gradient in the transformed domain, MH filters by NV vectors
** of input channels at one place: adds, tile by tile, the filter's transformed gradient times
** the transformed input. A few lines of another tile's maps are fetched with each.
*/
#include "vector/template.h"

#define NAME wino_wgrad_tile /* @name */
#define FETCH_MAPS 1         /* @flag */

static inline void NAME(const real *g /* [tile][G_TILE] */, const real *v /* [tile][V_TILE] */,
                        real *u /* [filter][U_WIDTH] */, int tiles, int begins, const real *map,
                        ptrdiff_t map_tile)
{
    enum { /* @sizes */ MH = 8, NV = 2, G_TILE = 48, V_TILE = 48, U_WIDTH = 16, MAP_LINES = 2 };
    vec acc[MH][NV];
    if (begins) {
        UNROLL for (int i = 0; i < MH; i++)
            UNROLL for (int n = 0; n < NV; n++)
                acc[i][n] = v_zero();
    } else {
        UNROLL for (int i = 0; i < MH; i++)
            UNROLL for (int n = 0; n < NV; n++)
                acc[i][n] = v_load(u + i*U_WIDTH + n*VL);
    }
#if !FETCH_MAPS
    (void)map;
    (void)map_tile;
#endif
    for (int t = 0; t < tiles; t++) {
#if FETCH_MAPS
        UNROLL for (int k = 0; k < MAP_LINES; k++)
            v_prefetch(map + t*map_tile + k*(64 / (int)sizeof(real)));
#endif
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
