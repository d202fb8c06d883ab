/*
** conv/rows.c - rows FROM .. TO of one image through the tiles: for each panel
** of output channels, row by row. A panel of weights stays in the cache while
** the rows pass. Row and channel remainders have tiles of their own; or the last tile of a
** row begins RECOMPUTED outputs further left, which it computes a second time.
*/
#include "vector/template.h"
#include "conv/tile.c"

#define NAME conv_rows              /* @name */
#define TILE conv_tile              /* @name */
#define FETCHES 1                   /* @flag */
#define TILE_COLUMNS conv_tile      /* @name */
#define TILE_LAST conv_tile         /* @name */
#define TILE_LAST_COLUMNS conv_tile /* @name */

static inline void NAME(const real *x /* haloed NHWC */, const real *w /* panels */,
                        const real *bias, real *y /* NHWC */, int from, int to)
{
    enum { /* @sizes */ OW = 32, MH = 1, MW = 6, RECOMPUTED = 0, CO = 32, BLOCK = 32, STEPS = 144,
           X_DOWN = 544, X_PIXEL = 16, Y_ROW = 512, Y_PIXEL = 16 };
#if FETCHES
    enum { /* @sizes */ ROWS_AHEAD = 4 };
    enum { LINE = 64 / sizeof(real) };
#endif
    for (int n = 0; n < CO; n += BLOCK) { /* @tail LAST */
        const real *panel = w + n*STEPS, *start = bias ? bias + n : NULL;
        for (int r = from; r < to; r += MH) {
            const real *p = x + (ptrdiff_t)r*X_DOWN;
            real *q = y + (ptrdiff_t)r*Y_ROW + n;
            for (int c = 0; c < OW; c += MW) {  /* @tail COLUMNS - RECOMPUTED */
#if FETCHES
                for (int j = 0; j < MH*MW; j++)
                    for (int k = 0; k < BLOCK; k += LINE)
                        v_prefetch(q + (j/MW + ROWS_AHEAD)*Y_ROW + (c + j%MW)*Y_PIXEL + k);
#endif
                TILE(p + c*X_PIXEL, panel, start, q + c*Y_PIXEL);
            }
        }
    }
}

#include "vector/undef.h"
