/*
** wino/wgrad.c - a 3x3 convolution stage, gradient to weights and bias of one group of images, or
** of some blocks of its sums (see conv/wgrad.c), by Winograd's minimal filtering, for gradients
** that are mostly not zero: input and output gradient are transformed, multiplied and summed over
** all tiles of the group in order; the sums are transformed back once. What the next pass
** transforms is fetched while the products of this one run. Sums are taken block by block of
** filters and channels, which is in L2 with all its places; where one pass takes all of a group's
** images, all blocks have the same memory (U_BLOCK is 0).
*/
#include "vector/template.h"
#include "wino/input.c"
#include "wino/gradient.c"
#include "wino/wgrad_block.c"
#include "wino/filter.c"

#define NAME wino_wgrad            /* @name */
#define INPUT wino_input           /* @name */
#define PUT_GRADIENT wino_gradient /* @name */
#define ADD_BLOCK wino_wgrad_block /* @name */
#define PUT_FILTER wino_filter     /* @name */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 18496, X_STEP = 1088, Y = 0, Y_IMAGE = 4096, Y_STEP = 256,
           DY = 0, DY_IMAGE = 4096, DY_STEP = 256, ARGMAX = 0, ARGMAX_IMAGE = 4096,
           COEFFICIENTS = 0, PARTIALS = 0, GROUP_SIZE = 9248, CI = 32, CO = 32, FILTER_SIZE = 288,
           IMAGES = 1, TILES_DOWN = 8, WHOLE_DOWN = 8, PASS = 4, X_ROW = 1088, G_TILE = 48,
           U_CHANNELS = 32, U_FILTERS = 32, U_WIDTH = 16, U_BLOCK = 0, SCRATCH = 0,
           SCRATCH_SIZE = 1024, V_AT = 0, G_AT = 0, U_AT = 0, DB_AT = 0 };
    enum { F_BLOCKS = (CO + U_FILTERS - 1) / U_FILTERS,
           BLOCKS = (CI + U_CHANNELS - 1) / U_CHANNELS*F_BLOCKS };
    const struct group_part p = group_part(item, items, s->n, BLOCKS);
    const int first = p.first, last = p.last;
    real *scratch = s->arena + SCRATCH + (size_t)thread*SCRATCH_SIZE;
    real *v = scratch + V_AT, *g = scratch + G_AT, *db = scratch + DB_AT;
    real *dw = s->arena + PARTIALS + (size_t)p.group*GROUP_SIZE;
    for (int k = 0; k < G_TILE; k++)
        db[k] = 0;
    for (int start = first; start < last; start += IMAGES) {
        const int images = last - start < IMAGES ? last - start : IMAGES;
        for (int row = 0; row < TILES_DOWN; row += PASS) {
            const int rows = TILES_DOWN - row < PASS ? TILES_DOWN - row : PASS;
            const int whole = WHOLE_DOWN - row < rows ? WHOLE_DOWN - row : rows;
            for (int i = 0; i < images; i++) {
                const size_t image = (size_t)(start + i);
                INPUT(s->arena + X + image*X_IMAGE + (ptrdiff_t)row*X_STEP, v, rows, whole, i);
                PUT_GRADIENT(s->arena + DY + image*DY_IMAGE + (ptrdiff_t)row*DY_STEP,
                         s->arena + Y + image*Y_IMAGE + (ptrdiff_t)row*Y_STEP,
                         (const unsigned char *)(s->arena + ARGMAX) + image*ARGMAX_IMAGE
                         + (ptrdiff_t)row*DY_STEP, s->arena + COEFFICIENTS, g, db, rows, whole,
                         i);
            }
            const int begins = start == first && row == 0;
            const int ends = start + images == last && row + rows == TILES_DOWN;
            /* The first two rows of the next pass' windows are this one's last. */
            const ptrdiff_t below = row + rows < TILES_DOWN ? row + rows : 0;
            const size_t image = (size_t)(below ? start : start + images);
            const real *const next[] = { s->arena + X + image*X_IMAGE + below*X_STEP + 2*X_ROW,
                                         s->arena + DY + image*DY_IMAGE + below*DY_STEP,
                                         s->arena + Y + image*Y_IMAGE + below*Y_STEP };
            int call = 0;
            real *u = scratch + U_AT;
            for (int b = p.low; b < p.high; b++) {
                const int c = b / F_BLOCKS*U_CHANNELS, f = b % F_BLOCKS*U_FILTERS;
                const int channels = CI - c < U_CHANNELS ? CI - c : U_CHANNELS;
                const int filters = CO - f < U_FILTERS ? CO - f : U_FILTERS;
                real *to = ends ? dw + f*FILTER_SIZE + c : NULL;
                call = ADD_BLOCK(v + c, g + f, u, to, images*rows, images*whole, channels, filters,
                                 begins, call, next);
                for (int k = 0; to && k < filters; k++)
                    PUT_FILTER(u + k*U_WIDTH, to + k*FILTER_SIZE, channels);
                u += U_BLOCK;
            }
        }
    }
    for (int f = 0; p.part == 0 && f < CO; f++)
        dw[CO*FILTER_SIZE + f] = db[f];
}

#include "vector/undef.h"
