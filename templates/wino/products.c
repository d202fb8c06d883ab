/*
** wino/products.c - for each place of a transformed tile, the product of all tiles that have it
** with one panel of transformed filters. Tiles are taken MW at a time: up to MW - 1 that are
** nobody's are computed, too.
**
** The transforms wait for memory, products do not. So each place fetches a share of what the next
** pass reads, of one map or of two, and of where this panel's outputs go. (Not by a function of its
** own: gcc finds that it does nothing.)
*/
#include "vector/template.h"
#include "conv/tile.c"

#define NAME wino_products   /* @name */
#define TILE conv_tile       /* @name */

static inline void NAME(const real *v /* [place][tile][V_TILE] */,
                        const real *w /* [SIDE_H*SIDE_W][CI][BLOCK] */,
                        real *m /* [place][tile][BLOCK] */, int down, int whole,
                        const real *next, const real *other, const real *out)
{
    enum { /* @sizes */ SIDE_H = 6, SIDE_W = 6, CUT_H = 6, CUT_W = 6, TILES_ACROSS = 8,
           WHOLE_ACROSS = 8, CI = 32, MW = 8, BLOCK = 32, V_TILE = 48, V_XI = 3088, M_XI = 2064,
           NEXT_LINES = 16, OTHER_LINES = 4, OUT_PIXELS = 15, PASS_PIXELS = 512, OUT_IMAGE = 32784,
           Y_PIXEL = 32 };
    enum { LINE = 64 / sizeof(real) };
    for (int k = 0; k < SIDE_H*SIDE_W; k++) {
        const int rows = k / SIDE_W < CUT_H ? down : whole;
        const int tiles = rows*(k % SIDE_W < CUT_W ? TILES_ACROSS : WHOLE_ACROSS);
        for (int i = k*NEXT_LINES; i < (k + 1)*NEXT_LINES; i++)
            v_prefetch(next + i*LINE);
        for (int i = k*OTHER_LINES; i < (k + 1)*OTHER_LINES; i++)
            v_prefetch(other + i*LINE);
        for (int i = k*OUT_PIXELS; i < (k + 1)*OUT_PIXELS; i++)
            for (int c = 0; c < BLOCK; c += LINE)
                v_prefetch(out + i/PASS_PIXELS*OUT_IMAGE + i%PASS_PIXELS*Y_PIXEL + c);
        for (int t = 0; t < tiles; t += MW)
            TILE(v + k*V_XI + t*V_TILE, w + k*CI*BLOCK, NULL, m + k*M_XI + t*BLOCK);
    }
}

#include "vector/undef.h"
