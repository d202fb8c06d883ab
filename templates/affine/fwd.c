/*
** affine/fwd.c - an affine stage, forward: panel by panel of columns, some blocks of units, and in
** each of them IMAGES images. Vectors run along the units. In training a block's weights of a panel
** are turned over into L1, columns by units, while tiles of images pass; for inference they lie so.
** A panel's sums begin at +0, and are added to those of the panels before it. Then bias and
** pointwise operations.
**
** While a block is at work, every tile of images fetches its share of the next one's weights, else
** the first tile waits for memory at every line.
*/
#include "vector/template.h"
#include "affine/dense_tile.c"

#define NAME affine_fwd            /* @name */
#define TILE affine_dense_tile     /* @name */
#define TILE_REST affine_dense_tile /* @name */
#define TILE_ONE affine_dense_tile /* @name */
#define TURN affine_turn           /* @name */
#define RUN_PANEL affine_run_panel /* @name */
#define STORE affine_store         /* @name */
#define BIAS 1                     /* @flag */
#define LAST_PANEL 1               /* @flag */
#define TURNED 0                   /* @flag */

#if !TURNED
/* A panel's weights of `units` units, and zeros for those that a block has too many. */
static inline void TURN(const real *w /* [unit][width] */, real *t /* [width][UNIT_BLOCK] */,
                        int units, int width)
{
    enum { /* @sizes */ UNIT_BLOCK = 32 };
    const int whole = units / VL*VL;
    for (int d = 0; d < width; d += VC)
        for (int u = 0; u < whole; u += VL) {
            vec column[VC];
            v_columns(w + (ptrdiff_t)u*width + d, width, column);
            UNROLL for (int l = 0; l < VC; l++)
                v_store(t + (d + l)*UNIT_BLOCK + u, column[l]);
        }
    for (int u = whole; u < UNIT_BLOCK; u++)
        for (int d = 0; d < width; d++)
            t[d*UNIT_BLOCK + u] = u < units ? w[(ptrdiff_t)u*width + d] : 0;
}
#endif

/* All the images at hand over the turned weights; next: weights that come after them. */
static inline void RUN_PANEL(const real *x, const real *t, real *sums /* [image][SUMS_IMAGE] */,
                             int images, int width, int first, const real *next)
{
    enum { /* @sizes */ MI = 6, NV = 2, IMAGES_LEFT = 2, X_IMAGE = 4096, UNIT_BLOCK = 32,
           SUMS_IMAGE = 256 };
    enum { LINE = 64 / sizeof(real) };
    const int left = images % MI, parts = images / MI + (left == IMAGES_LEFT ? 1 : left);
    for (int i = 0, part = 0, step; i < images; i += step, part++) {
        step = images - i >= MI ? MI : left == IMAGES_LEFT ? IMAGES_LEFT : 1;
        for (int k = part*LINE; k < UNIT_BLOCK*width; k += parts*LINE)
            v_prefetch(next + k);
        const real *from = x + (ptrdiff_t)i*X_IMAGE;
        for (int n = 0; n < UNIT_BLOCK; n += NV*VL) {
            real *to = sums + i*SUMS_IMAGE + n;
            if (step == MI)
                TILE(from, t + n, to, width, first);
            else if (step == IMAGES_LEFT)
                TILE_REST(from, t + n, to, width, first);
            else
                TILE_ONE(from, t + n, to, width, first);
        }
    }
}

static inline void STORE(const real *sums, const real *bias, real *y, int units)
{
    (void)bias;
    for (int u = 0; u < units; u += VL) {
        int n = units - u < VL ? units - u : VL;
#if BIAS
        vec v = v_add(v_load_part(sums + u, n), v_load_part(bias + u, n));
#else
        vec v = v_load_part(sums + u, n);
#endif
        /* @epilogue v */
        v_store_part(y + u, v, n);
    }
}

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 4096, Y = 0, Y_IMAGE = 512, W = 0, B = 0, UNITS = 500,
           UNITS_STORED = 512, UNIT_BLOCK = 32, COLUMNS = 4096, IMAGES = 64, TOGETHER = 16,
           SUMS_IMAGE = 512, SCRATCH = 0, SCRATCH_SIZE = 20480, TURNED_AT = 0, SUMS_AT = 10240 };
    enum { BLOCKS = UNITS_STORED / UNIT_BLOCK, PANELS = (COLUMNS + PANEL - 1) / PANEL };
#if TURNED
    enum { STORED = UNITS_STORED, AGAIN = 0 };
#else
    enum { STORED = UNITS, WHOLE = UNITS < UNIT_BLOCK ? UNITS : UNIT_BLOCK,
           /* units that the last block begins before its own */
           AGAIN = UNITS < UNIT_BLOCK ? 0 : UNITS_STORED - UNITS };
#endif
    const int parts = items / ((s->n + IMAGES - 1) / IMAGES);
    const int start = item / parts*IMAGES, part = item % parts;
    const int from = part_start(part, parts, BLOCKS), to = part_start(part + 1, parts, BLOCKS);
    const int images = s->n - start < IMAGES ? s->n - start : IMAGES;
    real *scratch = s->arena + SCRATCH + (size_t)thread*SCRATCH_SIZE, *sums = scratch + SUMS_AT;
    for (int b = from; b < to; b += TOGETHER) {
        const int end = b + TOGETHER < to ? b + TOGETHER : to;
        for (int p = 0; p < PANELS; p++) {
#if LAST_PANEL
            const int width = p + 1 < PANELS ? PANEL : COLUMNS % PANEL;
#else
            const int width = PANEL;
#endif
            const real *x = s->arena + X + (size_t)start*X_IMAGE + p*PANEL;
            const real *panel = s->arena + W + (size_t)p*PANEL*STORED;
            for (int k = b; k < end; k++) {
                const int first = k*UNIT_BLOCK - (k == BLOCKS - 1 ? AGAIN : 0);
                const real *w = panel + (size_t)first*width, *next = w + UNIT_BLOCK*width;
                if (k + 1 == end)
                    next = panel + (size_t)PANEL*STORED + (size_t)b*UNIT_BLOCK*width;
#if !TURNED
                TURN(w, scratch + TURNED_AT, WHOLE, width);
                w = scratch + TURNED_AT;
#endif
                RUN_PANEL(x, w, sums + (k - b)*UNIT_BLOCK, images, width, p == 0, next);
            }
        }
        for (int k = b; k < end; k++)
            for (int i = 0; i < images; i++) {
                const int first = k*UNIT_BLOCK;
                const int units = UNITS - first < UNIT_BLOCK ? UNITS - first : UNIT_BLOCK;
                const real *own = sums + i*SUMS_IMAGE + (k - b)*UNIT_BLOCK
                                  + (k == BLOCKS - 1 ? AGAIN : 0);
                STORE(own, s->arena + B + first,
                      s->arena + Y + (size_t)(start + i)*Y_IMAGE + first, units);
            }
    }
}

#include "vector/undef.h"
