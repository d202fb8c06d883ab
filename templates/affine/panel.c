/*
** affine/panel.c - one panel of an affine stage, backward, in one pass over its
** weights: block of rows by block, first every image's input gradient, then
** each unit's weight gradient, which goes to the optimizer at once and never to
** memory. W, m and v are read once. Where images' inputs of the panel do not fit L1,
** some of them pass a group of units, then the next do.
*/
#include "vector/template.h"
#include "affine/dgrad_tile.c"
#include "affine/wgrad_tile.c"

#define NAME affine_panel            /* @name */
#define DGRAD affine_dgrad_tile      /* @name */
#define DGRAD_LAST affine_dgrad_tile /* @name */
#define WGRAD affine_wgrad_tile      /* @name */
#define WGRAD_LAST affine_wgrad_tile /* @name */
#define HAS_DX 1                     /* @flag */

static inline double NAME(const struct step *s, int panel)
{
    enum { /* @sizes */ UNITS = 500, WIDTH = 128, ROWS = 50, STARTS = 11, TILE_WIDTH = 128, X = 0,
           X_IMAGE = 4096, DX = 0, DX_IMAGE = 4096, W = 0, W_M = 0, W_V = 0, W_RULE = 0,
           IMAGE_LIST = 0, IMAGE_STARTS = 0, UNIT_LIST = 0, UNIT_STARTS = 0, UNIT_SPACE = 51,
           LISTED_IMAGES = 50, UNIT_SPANS = 2, GROUP = 1 };
    const real *x = s->arena + X + (size_t)panel*PANEL;
    const size_t at = (size_t)panel*PANEL*UNITS;
    const struct entry *units = (const struct entry *)(s->arena + UNIT_LIST);
    const int32_t *starts = (const int32_t *)(s->arena + UNIT_STARTS);
    const struct rule *rule = s->rule + W_RULE;
    double sumsq = 0;
    for (int block = 0; block < UNITS; block += ROWS) {
#if HAS_DX
        const real *w = s->arena + W + at;
        for (int i = 0; i < s->n; i++) {
            const int32_t *start = (const int32_t *)(s->arena + IMAGE_STARTS)
                                   + (size_t)i*STARTS + block / ROWS;
            const struct entry *e = (const struct entry *)(s->arena + IMAGE_LIST)
                                    + (size_t)i*(UNITS + 1) + start[0];
            int count = start[1] - start[0];
            real *dx = s->arena + DX + (size_t)i*DX_IMAGE + (size_t)panel*PANEL;
            for (int d = 0; d < WIDTH; d += TILE_WIDTH)   /* @tail LAST */
                DGRAD(e, count, w + d, dx + d, block == 0);
        }
#endif
        int end = block + ROWS < UNITS ? block + ROWS : UNITS;
        for (int first = block; first < end; first += GROUP) {
            const int last = first + GROUP < end ? first + GROUP : end;
            real g[GROUP*WIDTH];
            for (int k = 0; k*LISTED_IMAGES < s->n; k++)
                for (int u = first; u < last; u++) {
                    const int32_t *start = starts + u*UNIT_SPANS + k;
                    const struct entry *e = units + (size_t)u*UNIT_SPACE + start[0];
                    real *own = g + (u - first)*WIDTH;
                    for (int d = 0; d < WIDTH; d += TILE_WIDTH)   /* @tail LAST */
                        WGRAD(e, start[1] - start[0], x + d, own + d, k == 0);
                }
            for (int u = first; u < last; u++) {
                size_t row = at + (size_t)u*WIDTH;
                sumsq += rule->update(s->arena + W + row, s->arena + W_M + row,
                                      s->arena + W_V + row, g + (u - first)*WIDTH, WIDTH,
                                      &rule->hyper);
            }
        }
    }
    return sumsq;
}

#include "vector/undef.h"
