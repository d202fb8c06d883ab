/*
** wino/products.c - for each place of a transformed tile, the product of all tiles that have it
** with one panel of transformed filters. Tiles are taken MW at a time: up to MW - 1 that are
** nobody's are computed, too.
*/
#include "vector/template.h"
#include "conv/tile.c"

#define NAME wino_products   /* @name */
#define TILE conv_tile       /* @name */

static inline void NAME(const real *v /* [place][tile][V_TILE] */,
                        const real *w /* [SIDE_H*SIDE_W][CI][BLOCK] */,
                        real *m /* [place][tile][BLOCK] */, int down, int whole)
{
    enum { /* @sizes */ SIDE_H = 6, SIDE_W = 6, CUT_H = 6, CUT_W = 6, TILES_ACROSS = 8,
           WHOLE_ACROSS = 8, CI = 32, MW = 8, BLOCK = 32, V_TILE = 48, V_XI = 3088, M_XI = 2064 };
    for (int k = 0; k < SIDE_H*SIDE_W; k++) {
        const int rows = k / SIDE_W < CUT_H ? down : whole;
        const int tiles = rows*(k % SIDE_W < CUT_W ? TILES_ACROSS : WHOLE_ACROSS);
        for (int t = 0; t < tiles; t += MW)
            TILE(v + k*V_XI + t*V_TILE, w + k*CI*BLOCK, NULL, m + k*M_XI + t*BLOCK);
    }
}

#include "vector/undef.h"
