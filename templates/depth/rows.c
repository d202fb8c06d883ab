/*
** depth/rows.c - rows FROM .. TO of one image through the tiles of a depthwise convolution:
** row by row, vector by vector of channels. The weights are few, the map is not.
*/
#include "vector/template.h"
#include "depth/tile.c"

#define NAME depth_rows              /* @name */
#define TILE depth_tile              /* @name */
#define TILE_COLUMNS depth_tile      /* @name */
#define TILE_LAST depth_tile         /* @name */
#define TILE_LAST_COLUMNS depth_tile /* @name */

static inline void NAME(const real *x /* haloed NHWC */, const real *w /* [panel][tap][VL] */,
                        const real *bias, real *y /* NHWC */, int from, int to,
                        const real *next_dy, const real *next_out)
{
    (void)next_dy;
    (void)next_out;
    enum { /* @sizes */ OW = 32, MH = 1, MW = 8, RECOMPUTED = 0, CO = 16, TAPS = 9, X_DOWN = 544,
           X_PIXEL = 16, Y_ROW = 512, Y_PIXEL = 16 };
    for (int r = from; r < to; r += MH) {
        const real *p = x + (ptrdiff_t)r*X_DOWN;
        real *q = y + (ptrdiff_t)r*Y_ROW;
        for (int n = 0; n < CO; n += VL) { /* @tail LAST */
            const real *panel = w + n*TAPS, *start = bias ? bias + n : NULL;
            for (int c = 0; c < OW; c += MW)    /* @tail COLUMNS - RECOMPUTED */
                TILE(p + n + c*X_PIXEL, panel, start, q + n + c*Y_PIXEL);
        }
    }
}

#include "vector/undef.h"
