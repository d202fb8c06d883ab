/*
** affine/fwd.c - an affine stage, forward: a block of units and IMAGES images an item,
** DEPTH panels of columns at a time. Then lanes are folded, bias added, pointwise operations
** applied.
**
** All blocks of units come before the next images, whose inputs therefore stay in L3; and
** while a tile of units is at work, every tile of images fetches its share of the weights
** that come next, else the first one waits for memory at every line (docs/performance.md,
** Waiting for memory).
**
** One image waits for the weights alone, and memory hands them out faster the longer they lie
** together: an item is then as many blocks as a thread has, 128 KB of a panel instead of 5.
*/
#include "vector/template.h"
#include "affine/tile.c"

#define NAME affine_fwd        /* @name */
#define TILE affine_tile       /* @name */
#define TILE_IMAGE affine_tile /* @name */
#define TILE_UNIT affine_tile  /* @name */
#define TILE_ONE affine_tile   /* @name */
#define TILES affine_tiles     /* @name */
#define AHEAD affine_ahead     /* @name */
#define STORE affine_store     /* @name */
#define BIAS 1                 /* @flag */
#define LAST_PANEL 1           /* @flag */

/* Fetches the weights of MU units, one part of `parts`. */
static inline void AHEAD(const real *w, int panels, int width, int part, int parts)
{
    enum { /* @sizes */ MU = 2, UNITS = 500 };
    enum { LINE = 64 / sizeof(real) };
    for (int p = 0; p < panels; p++)
        for (int k = part*LINE; k < MU*width; k += parts*LINE)
            v_prefetch(w + (ptrdiff_t)p*UNITS*width + k);
}

/* `panels` panels of the block's units against all the images at hand; next: the weights
** that come after the block's. */
static inline void TILES(const real *x, const real *w, const real *next, real *lanes, int images,
                         int units, int panels, int width)
{
    enum { /* @sizes */ MI = 2, MU = 2, X_IMAGE = 4096, LANES_IMAGE = 160 };
    const int whole = images / MI * MI, parts = whole / MI + images - whole;
    int u = 0;
    for (; u + MU <= units; u += MU) {
        const real *row = w + (ptrdiff_t)u*width;
        const real *ahead = u + 2*MU <= units ? row + MU*width : next;
        int part = 0;
        for (int i = 0; i < whole; i += MI) {
            AHEAD(ahead, panels, width, part++, parts);
            TILE(x + (ptrdiff_t)i*X_IMAGE, row, lanes + i*LANES_IMAGE + u*LANES, panels, width);
        }
        for (int i = whole; i < images; i++) {
            AHEAD(ahead, panels, width, part++, parts);
            TILE_IMAGE(x + (ptrdiff_t)i*X_IMAGE, row, lanes + i*LANES_IMAGE + u*LANES, panels,
                       width);
        }
    }
    for (; u < units; u++) {
        const real *row = w + (ptrdiff_t)u*width;
        for (int i = 0; i < whole; i += MI)
            TILE_UNIT(x + (ptrdiff_t)i*X_IMAGE, row, lanes + i*LANES_IMAGE + u*LANES, panels,
                      width);
        for (int i = whole; i < images; i++)
            TILE_ONE(x + (ptrdiff_t)i*X_IMAGE, row, lanes + i*LANES_IMAGE + u*LANES, panels,
                     width);
    }
}

/* Folds the lanes of one image's units; sums: room for them, whole vectors. */
static inline void STORE(const real *lanes, const real *bias, real *y, real *sums, int units)
{
    enum { /* @sizes */ LV = 16 };
    (void)bias;
    for (int u = 0; u < units; u++) {
        vec v[LV];
        UNROLL for (int l = 0; l < LV; l++)
            v[l] = v_load(lanes + u*LANES + l*VL);
        sums[u] = v_sum(v);
    }
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
           UNIT_BLOCK = 10, COLUMNS = 4096, DEPTH = 4, IMAGES = 64, TOGETHER = 64,
           LANES_IMAGE = 160, SCRATCH = 0, SCRATCH_SIZE = 20480, LANES_AT = 0, SUMS_AT = 10240 };
    enum { PANELS = COLUMNS / PANEL };
#if LAST_PANEL
    enum { LEFT = COLUMNS % PANEL };
#endif
    enum { BLOCKS = (UNITS + UNIT_BLOCK - 1) / UNIT_BLOCK };
    const int alone = s->n == 1, step = alone ? TOGETHER : 1;
    const int start = alone ? 0 : item / BLOCKS * IMAGES;
    const int from = alone ? BLOCKS*item/items : item % BLOCKS;
    const int to = alone ? BLOCKS*(item + 1)/items : from + 1;
    const int images = s->n - start < IMAGES ? s->n - start : IMAGES;
    real *scratch = s->arena + SCRATCH + (size_t)thread*SCRATCH_SIZE;
    real *lanes = scratch + LANES_AT, *sums = scratch + SUMS_AT;
    const real *x = s->arena + X + (size_t)start*X_IMAGE;
    for (int b = from; b < to; b += step) {
        const int first = b*UNIT_BLOCK, end = (b + step < to ? b + step : to)*UNIT_BLOCK;
        const int units = (end < UNITS ? end : UNITS) - first;
        for (int k = 0; k < (alone ? units*LANES : images*LANES_IMAGE); k++)
            lanes[k] = 0;
        for (int p = 0; p < PANELS; p += DEPTH) {
            const int panels = PANELS - p < DEPTH ? PANELS - p : DEPTH;
            const real *w = s->arena + W + ((size_t)p*UNITS + first)*PANEL;
            TILES(x + p*PANEL, w, p + DEPTH < PANELS ? w + (size_t)DEPTH*UNITS*PANEL : w, lanes,
                  images, units, panels, PANEL);
        }
#if LAST_PANEL
        const real *last = s->arena + W + (size_t)PANELS*PANEL*UNITS + (size_t)first*LEFT;
        TILES(x + PANELS*PANEL, last, last, lanes, images, units, 1, LEFT);
#endif
        for (int i = 0; i < images; i++)
            STORE(lanes + i*LANES_IMAGE, s->arena + B + first,
                  s->arena + Y + (size_t)(start + i)*Y_IMAGE + first, sums, units);
    }
}

#include "vector/undef.h"
