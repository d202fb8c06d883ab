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
#define TILE_COLUMNS conv_tile      /* @name */
#define TILE_LAST conv_tile         /* @name */
#define TILE_LAST_COLUMNS conv_tile /* @name */
#define COLUMNS_LEFT 1              /* @flag */
#define WHOLE_BLOCKS 1              /* @flag */
#define LAST_BLOCK 1                /* @flag */

static inline void NAME(const real *x /* haloed NHWC */, const real *w /* panels */,
                        const real *bias, real *y /* NHWC */, int from, int to)
{
    enum { /* @sizes */ OW = 32, MH = 1, MW = 6, RECOMPUTED = 0, BLOCKS = 1, BLOCK = 32,
           PANEL_SIZE = 4608, X_DOWN = 544, X_PIXEL = 16, Y_ROW = 512, Y_PIXEL = 16 };
    enum { WHOLE = OW / MW * MW, REST = WHOLE - RECOMPUTED };
#if WHOLE_BLOCKS
    for (int b = 0; b < BLOCKS; b++) {
        const real *panel = w + b*PANEL_SIZE, *start = bias ? bias + b*BLOCK : bias;
        for (int r = from; r < to; r += MH) {
            const real *p = x + (ptrdiff_t)r*X_DOWN;
            real *q = y + (ptrdiff_t)r*Y_ROW + b*BLOCK;
            for (int c = 0; c < WHOLE; c += MW)
                TILE(p + c*X_PIXEL, panel, start, q + c*Y_PIXEL);
#if COLUMNS_LEFT
            TILE_COLUMNS(p + REST*X_PIXEL, panel, start, q + REST*Y_PIXEL);
#endif
        }
    }
#endif
#if LAST_BLOCK
    const real *panel = w + BLOCKS*PANEL_SIZE, *start = bias ? bias + BLOCKS*BLOCK : bias;
    for (int r = from; r < to; r += MH) {
        const real *p = x + (ptrdiff_t)r*X_DOWN;
        real *q = y + (ptrdiff_t)r*Y_ROW + BLOCKS*BLOCK;
        for (int c = 0; c < WHOLE; c += MW)
            TILE_LAST(p + c*X_PIXEL, panel, start, q + c*Y_PIXEL);
#if COLUMNS_LEFT
        TILE_LAST_COLUMNS(p + REST*X_PIXEL, panel, start, q + REST*Y_PIXEL);
#endif
    }
#endif
}

#include "vector/undef.h"
