/*
** conv/rows.c - rows FROM .. TO of one image through the tiles, STRIP of them at a time: panel by
** panel of output channels, row by row. What a strip reads stays in L1 or L2 while all
** panels pass. Row and channel remainders have tiles of their own; or the last tile of a
** row begins RECOMPUTED outputs further left, which it computes a second time.
**
** What the next strip reads and where it writes come from far away: each tile fetches its share,
** line after line, as memory likes it best. A data gradient reads from scratch: it fetches what is
** put there next.
*/
#include "vector/template.h"
#include "conv/tile.c"

#define NAME conv_rows              /* @name */
#define RUN_PANELS conv_panels      /* @name */
#define TILE conv_tile              /* @name */
#define FORWARD 1                   /* @flag */
#define FETCHES_X 1                 /* @flag */
#define FETCHES_Y 1                 /* @flag */
#define FETCHES_OUT 1               /* @flag */
#define TILE_COLUMNS conv_tile      /* @name */
#define TILE_LAST conv_tile         /* @name */
#define TILE_LAST_COLUMNS conv_tile /* @name */

/* All panels of one group. */
static inline void RUN_PANELS(const real *x /* haloed NHWC */, const real *w /* panels */,
                              const real *bias, real *y /* NHWC */, int from, int to,
                              const real *next_x, const real *next_out, const real *next_y)
{
    enum { /* @sizes */ OW = 32, MH = 1, MW = 6, RECOMPUTED = 0, CO = 32, BLOCK = 32, STEPS = 144,
           X_DOWN = 544, X_PIXEL = 16, Y_ROW = 512, Y_PIXEL = 16, X_SHARE = 64, OUT_SHARE = 64,
           Y_SHARE = 64 };
    enum { LINE = 64 / sizeof(real) };
#if !FETCHES_X
    (void)next_x;
#endif
#if !FETCHES_OUT
    (void)next_out;
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
#if FETCHES_OUT
                for (int k = 0; k < OUT_SHARE; k += LINE)
                    v_prefetch(next_out + k);
                next_out += OUT_SHARE;
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

/* next_dy, next_out: of a data gradient, what its next image is expanded from. */
static inline void NAME(const real *x, const real *w, const real *bias, real *y, int from, int to,
                        const real *next_dy, const real *next_out)
{
    enum { /* @sizes */ STRIP = 4, X_DOWN = 544, X_AHEAD = 1088, Y_ROW = 512, GROUP_COUNT = 2,
           CI = 16, CO = 16, GROUP_PANELS = 2304, X_GROUP = 512, OUT_GROUP = 512, Y_GROUP = 512 };
#if FORWARD
    (void)next_dy;
#endif
    for (int r = from; r < to; r += STRIP) {
        const int end = r + STRIP < to ? r + STRIP : to;
#if FORWARD
        const real *next_x = x + (ptrdiff_t)(r + STRIP)*X_DOWN + X_AHEAD;
#else
        const real *next_x = next_dy + (r - from) / STRIP*GROUP_COUNT*X_GROUP;
#endif
        const real *next_y = y + (ptrdiff_t)(r + STRIP)*Y_ROW;
        for (int g = 0; g < GROUP_COUNT; g++) {
            RUN_PANELS(x + g*CI, w + (ptrdiff_t)g*GROUP_PANELS, bias ? bias + g*CO : bias,
                       y + g*CO, r, end, next_x + g*X_GROUP, next_out, next_y + g*Y_GROUP);
#if FETCHES_OUT
            next_out += OUT_GROUP;
#endif
        }
    }
}

#include "vector/undef.h"
