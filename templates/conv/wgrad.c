/*
** conv/wgrad.c - a convolution stage, gradient to weights and bias of one group
** of images. Groups depend on the batch alone, conv/update.c adds them in order:
** so the bits do not depend on the number of threads. Where these outnumber groups
** an item has a part of a group's sums, here some filters; what all parts need each
** makes for itself, and the first has the bias. Columns past KW*CI of a
** stored row collect rubbish (what lies after the last tap); conv/update.c
** leaves them out.
*/
#include "vector/template.h"
#include "conv/lists.c"
#include "conv/taps.c"
#include "conv/wgrad_tile.c"

#define NAME conv_wgrad                   /* @name */
#define LISTS conv_lists                  /* @name */
#define RUN_TAPS conv_taps                /* @name */
#define TILE conv_wgrad_tile              /* @name */
#define TILE_COLUMNS conv_wgrad_tile      /* @name */
#define TILE_ROWS conv_wgrad_tile         /* @name */
#define TILE_ROWS_COLUMNS conv_wgrad_tile /* @name */
#define TAPS_APART 1                      /* @flag */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 18496, X_ROW = 544, Y = 0, Y_IMAGE = 4096, DY = 0,
           DY_IMAGE = 4096, ARGMAX = 0, ARGMAX_IMAGE = 4096, PARTIALS = 0, GROUP_SIZE = 2304,
           OH = 16, CO = 16, KH = 3, ROW = 48, MH = 3, VECTORS = 3, NV = 3, BAND = 16,
           SCRATCH = 0, SCRATCH_SIZE = 1024, ENTRIES_AT = 0, SPACE = 257 };
#if TAPS_APART
    enum { /* @sizes */ GROUP_FILTERS = 8, GROUP_CHANNELS = 8 };     /* of a group */
#endif
    enum { FILTER = KH*ROW };
    const struct group_part p = group_part(item, items, s->n, CO);
    real *dw = s->arena + PARTIALS + (size_t)p.group*GROUP_SIZE, other[CO];
    real *db = p.part ? other : dw + CO*FILTER;
    struct entry *entries = (struct entry *)(s->arena + SCRATCH + (size_t)thread*SCRATCH_SIZE
                                             + ENTRIES_AT);
    int count[CO];
    for (int k = p.low*FILTER; k < p.high*FILTER; k++)
        dw[k] = 0;
    for (int k = 0; k < CO; k++)
        db[k] = 0;
    for (int image = p.first; image < p.last; image++) {
        const real *x = s->arena + X + (size_t)image*X_IMAGE;
        const unsigned char *argmax = (const unsigned char *)(s->arena + ARGMAX)
                                      + (size_t)image*ARGMAX_IMAGE;
        for (int from = 0; from < OH; from += BAND) {
            int to = from + BAND < OH ? from + BAND : OH;
            LISTS(s->arena + DY + (size_t)image*DY_IMAGE, s->arena + Y + (size_t)image*Y_IMAGE,
                  argmax, entries, count, db, from, to);
            for (int f = p.low; f < p.high; f++) {
                const struct entry *e = entries + f*SPACE;
                real *d = dw + f*FILTER;
#if TAPS_APART
                RUN_TAPS(x + f / GROUP_FILTERS*GROUP_CHANNELS, e, count[f], d);
#else
                for (int r = 0; r < KH; r += MH) { /* @tail ROWS */
                    for (int n = 0; n < VECTORS; n += NV)   /* @tail COLUMNS */
                        TILE(x + r*X_ROW + n*VL, e, count[f], d + r*ROW + n*VL);
                }
#endif
            }
        }
    }
}

#include "vector/undef.h"
