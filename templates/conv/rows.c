/*
** conv/rows.c - rows FROM .. TO of one image through the tiles, STRIP of them at a time: panel by
** panel of output channels, row by row. What a block of rows reads stays in L1 or L2 while all
** panels pass. Row and channel remainders have tiles of their own; or the last tile of a
** row begins RECOMPUTED outputs further left, which it computes a second time.
**
** What the next block reads and where it writes come from far away: each tile fetches its share,
** line after line, as memory likes it best.
*/
#include "vector/template.h"
#include "conv/tile.c"

#define NAME conv_rows              /* @name */
#define RUN_PANELS conv_panels      /* @name */
#define TILE conv_tile              /* @name */
#define FETCHES_X 1                 /* @flag */
#define FETCHES_Y 1                 /* @flag */
#define GROUPS 1                    /* @flag */
#define TILE_COLUMNS conv_tile      /* @name */
#define TILE_LAST conv_tile         /* @name */
#define TILE_LAST_COLUMNS conv_tile /* @name */

/* All panels of one group; next_x, next_y: what is fetched. */
static inline void RUN_PANELS(const real *x /* haloed NHWC */, const real *w /* panels */,
                              const real *bias, real *y /* NHWC */, int from, int to,
                              const real *next_x, const real *next_y)
{
    enum { /* @sizes */ OW = 32, MH = 1, MW = 6, RECOMPUTED = 0, CO = 32, BLOCK = 32, STEPS = 144,
           X_DOWN = 544, X_PIXEL = 16, Y_ROW = 512, Y_PIXEL = 16, X_SHARE = 64, Y_SHARE = 64 };
    enum { LINE = 64 / sizeof(real) };
#if !FETCHES_X
    (void)next_x;
#endif
#if !FETCHES_Y
    (void)next_y;
#endif
    for (int n = 0; n < CO; n += BLOCK) { /* @tail LAST */
        const real *panel = w + n*STEPS, *start = bias ? bias + n : NULL;
        for (int r = from; r < to; r += MH) {
            const real *p = x + (ptrdiff_t)r*X_DOWN;
            real *q = y + (ptrdiff_t)r*Y_ROW + n;
            for (int c = 0; c < OW; c += MW) {  /* @tail COLUMNS - RECOMPUTED */
#if FETCHES_X
                for (int k = 0; k < X_SHARE; k += LINE)
                    v_prefetch(next_x + k);
                next_x += X_SHARE;
#endif
#if FETCHES_Y
                for (int k = 0; k < Y_SHARE; k += LINE)
                    v_prefetch(next_y + k);
                next_y += Y_SHARE;
#endif
                TILE(p + c*X_PIXEL, panel, start, q + c*Y_PIXEL);
            }
        }
    }
}

static inline void NAME(const real *x, const real *w, const real *bias, real *y, int from, int to)
{
    enum { /* @sizes */ STRIP = 4, X_DOWN = 544, X_AHEAD = 1088, Y_ROW = 512 };
    for (int r = from; r < to; r += STRIP) {
        const int end = r + STRIP < to ? r + STRIP : to;
        const real *next_x = x + (ptrdiff_t)(r + STRIP)*X_DOWN + X_AHEAD;
        const real *next_y = y + (ptrdiff_t)(r + STRIP)*Y_ROW;
#if GROUPS
        enum { /* @sizes */ GROUP_COUNT = 2, CI = 16, CO = 16, GROUP_PANELS = 2304, X_GROUP = 512,
               Y_GROUP = 512 };
        for (int g = 0; g < GROUP_COUNT; g++)
            RUN_PANELS(x + g*CI, w + (ptrdiff_t)g*GROUP_PANELS, bias ? bias + g*CO : bias,
                       y + g*CO, r, end, next_x + g*X_GROUP, next_y + g*Y_GROUP);
#else
        RUN_PANELS(x, w, bias, y, r, end, next_x, next_y);
#endif
    }
}

#include "vector/undef.h"
