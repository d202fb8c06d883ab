/*
** wino/wgrad_block.c - one block of the weight gradient's sums at all places: adds the tiles of a
** pass, or begins with them. At each place what it reads and writes is in L1.
*/
#include "vector/template.h"
#include "wino/wgrad_tile.c"

#define NAME wino_wgrad_block /* @name */
#define TILE wino_wgrad_tile  /* @name */

static inline void NAME(const real *v /* [place][tile][V_TILE] */,
                        const real *g /* [place][tile][G_TILE] */,
                        real *u /* [SIDE_H*SIDE_W][U_CHANNELS / U_WIDTH][U_FILTERS][U_WIDTH] */,
                        int down, int whole, int channels, int filters, int begins)
{
    enum { /* @sizes */ TILES_ACROSS = 8, WHOLE_ACROSS = 8, SIDE_H = 6, SIDE_W = 6, CUT_H = 6,
           CUT_W = 6, MH = 8, U_FILTERS = 32, U_WIDTH = 16, U_XI = 1024, V_XI = 3088,
           G_XI = 3088 };
    for (int k = 0; k < SIDE_H*SIDE_W; k++) {
        const int rows = k / SIDE_W < CUT_H ? down : whole;
        const int tiles = rows*(k % SIDE_W < CUT_W ? TILES_ACROSS : WHOLE_ACROSS);
        for (int i = 0; begins && i < U_XI; i++)
            u[k*U_XI + i] = 0;
        for (int c = 0; c < channels; c += U_WIDTH)
            for (int f = 0; f < filters; f += MH)
                TILE(g + k*G_XI + f, v + k*V_XI + c, u + k*U_XI + c*U_FILTERS + f*U_WIDTH, tiles);
    }
}

#include "vector/undef.h"
