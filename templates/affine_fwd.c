/*
** affine_fwd.c - an affine stage, forward: a block of units an item, for up to
** IMAGES images at a time, DEPTH panels of columns at a time, so that the
** weights come from memory once for each IMAGES images. Then lanes are folded,
** bias added, pointwise operations applied.
*/
#include "template.h"
#include "affine_tile.c"

#define NAME affine_fwd      /* @name */
#define TILE affine_tile     /* @name */
#define TILE_IMAGE affine_tile       /* @name */
#define TILE_UNIT affine_tile        /* @name */
#define TILE_ONE affine_tile         /* @name */
#define TILES affine_tiles   /* @name */
#define STORE affine_store   /* @name */
#define BIAS 1               /* @flag */

/* `panels` panels of the block's units against all the images at hand. */
static inline void TILES(const real *x, const real *w, real *lanes, int images, int units,
                         int panels, int width)
{
    enum { /* @sizes */ MI = 2, MU = 2, X_IMAGE = 4096, LANES_IMAGE = 160 };
    int whole = images / MI * MI, u = 0;
    for (; u + MU <= units; u += MU) {
        const real *row = w + (ptrdiff_t)u*width;
        for (int i = 0; i < whole; i += MI)
            TILE(x + (ptrdiff_t)i*X_IMAGE, row, lanes + i*LANES_IMAGE + u*LANES, panels, width);
        for (int i = whole; i < images; i++)
            TILE_IMAGE(x + (ptrdiff_t)i*X_IMAGE, row, lanes + i*LANES_IMAGE + u*LANES, panels,
                       width);
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
    enum { /* @sizes */ X = 0, X_IMAGE = 4096, Y = 0, Y_IMAGE = 512, W = 0, B = 0,
           UNITS = 500, BLOCK = 10, COLUMNS = 4096, DEPTH = 4, IMAGES = 64, LANES_IMAGE = 160,
           SCRATCH = 0, SCRATCH_SIZE = 20480, LANES_AT = 0, SUMS_AT = 10240 };
    enum { PANELS = COLUMNS / PANEL, LEFT = COLUMNS % PANEL };
    (void)items;
    int first = item*BLOCK, units = first + BLOCK < UNITS ? BLOCK : UNITS - first;
    real *scratch = s->arena + SCRATCH + (size_t)thread*SCRATCH_SIZE;
    real *lanes = scratch + LANES_AT, *sums = scratch + SUMS_AT;
    for (int start = 0; start < s->n; start += IMAGES) {
        int images = s->n - start < IMAGES ? s->n - start : IMAGES;
        const real *x = s->arena + X + (size_t)start*X_IMAGE;
        for (int k = 0; k < images*LANES_IMAGE; k++)
            lanes[k] = 0;
        for (int p = 0; p < PANELS; p += DEPTH) {
            int panels = PANELS - p < DEPTH ? PANELS - p : DEPTH;
            TILES(x + p*PANEL, s->arena + W + ((size_t)p*UNITS + first)*PANEL, lanes, images,
                  units, panels, PANEL);
        }
        if (LEFT)
            TILES(x + PANELS*PANEL, s->arena + W + (size_t)PANELS*PANEL*UNITS
                  + (size_t)first*LEFT, lanes, images, units, 1, LEFT);
        for (int i = 0; i < images; i++)
            STORE(lanes + i*LANES_IMAGE, s->arena + B + first,
                  s->arena + Y + (size_t)(start + i)*Y_IMAGE + first, sums, units);
    }
}

#include "undef.h"
