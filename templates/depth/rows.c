/*
** depth/rows.c - rows FROM .. TO of one image through the tiles of a depthwise convolution:
** row by row, vector by vector of channels. The weights are few, the map is not.
*/
#include "vector/template.h"
#include "depth/tile.c"

#define NAME depth_rows            /* @name */
#define TILE depth_tile            /* @name */
#define TILE_COLUMNS depth_tile    /* @name */
#define TILE_LAST depth_tile       /* @name */
#define TILE_LAST_COLUMNS depth_tile /* @name */
#define COLUMNS_LEFT 1             /* @flag */
#define WHOLE_BLOCKS 1             /* @flag */
#define LAST_BLOCK 1               /* @flag */

static inline void NAME(const real *x /* haloed NHWC */, const real *w /* [panel][tap][VL] */,
                        const real *bias, real *y /* NHWC */, int from, int to)
{
    enum { /* @sizes */ OW = 32, MH = 1, MW = 8, BLOCKS = 1, TAPS = 9, X_DOWN = 544,
           X_PIXEL = 16, Y_ROW = 512, Y_PIXEL = 16 };
    enum { WHOLE = OW / MW * MW };
    for (int r = from; r < to; r += MH) {
        const real *p = x + (ptrdiff_t)r*X_DOWN;
        real *q = y + (ptrdiff_t)r*Y_ROW;
#if WHOLE_BLOCKS
        for (int b = 0; b < BLOCKS; b++, p += VL, q += VL) {
            const real *panel = w + b*TAPS*VL, *start = bias ? bias + b*VL : bias;
            for (int c = 0; c < WHOLE; c += MW)
                TILE(p + c*X_PIXEL, panel, start, q + c*Y_PIXEL);
#if COLUMNS_LEFT
            TILE_COLUMNS(p + WHOLE*X_PIXEL, panel, start, q + WHOLE*Y_PIXEL);
#endif
        }
#endif
#if LAST_BLOCK
        const real *panel = w + BLOCKS*TAPS*VL, *start = bias ? bias + BLOCKS*VL : bias;
        for (int c = 0; c < WHOLE; c += MW)
            TILE_LAST(p + c*X_PIXEL, panel, start, q + c*Y_PIXEL);
#if COLUMNS_LEFT
        TILE_LAST_COLUMNS(p + WHOLE*X_PIXEL, panel, start, q + WHOLE*Y_PIXEL);
#endif
#endif
    }
}

#include "vector/undef.h"
