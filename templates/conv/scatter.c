/*
** conv/scatter.c - a convolution stage below a max-pool, gradient to the data of one image:
** at most one value of each window is not zero, so the nonzero ones are listed pixel by pixel
** and each adds its filter to the map under it. Order of a sum: band of rows, block of
** filters, filter row, pixel, filter; the map is haloed, what falls into the halo is dropped.
**
** A slice of weights (one filter row of a block of filters by CB channels) stays in L1 while
** a band's pixels pass. SUMS_NORM: see wino/dgrad.c.
*/
#include "vector/template.h"
#include "conv/pixel_lists.c"
#include "affine/dgrad_tile.c"
#include "norm/statistics.c"   /* for norm/sums.c, see conv/dgrad.c */

#define NAME conv_scatter         /* @name */
#define LISTS pixel_lists         /* @name */
#define TILE affine_dgrad_tile    /* @name */
#define SUM_IMAGE norm_statistics /* @name */
#define SUMS_NORM 1               /* @flag */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ Y = 0, Y_IMAGE = 4096, DY = 0, DY_IMAGE = 4096, ARGMAX = 0,
           ARGMAX_IMAGE = 4096, DX = 0, DX_IMAGE = 32768, PACKED = 0, OH = 16, LISTED = 4,
           PIXEL_SPACE = 33, FILTER_BLOCKS = 1, CBLOCKS = 1, KH = 3, SLICE = 3072, PH = 2,
           OW = 16, PW = 2, STEP_Y = 2, STEP_X = 2, MAP_ROW = 1088, MAP_SIZE = 36992, CB = 32,
           CI = 32, IN_H = 32, IN_W = 32, TOP = 1, LEFT = 1, SCRATCH = 0, SCRATCH_SIZE = 1024,
           MAP_AT = 0, LISTS_AT = 0, ENDS_AT = 0 };
#if !SUMS_NORM
    (void)items;
#endif
    real *scratch = s->arena + SCRATCH + (size_t)thread*SCRATCH_SIZE, *map = scratch + MAP_AT;
    struct entry *entries = (struct entry *)(scratch + LISTS_AT);
    int32_t *count = (int32_t *)(scratch + ENDS_AT);
    const real *w = s->arena + PACKED;
    const unsigned char *argmax = (const unsigned char *)(s->arena + ARGMAX)
                                  + (size_t)item*ARGMAX_IMAGE;
    for (int k = 0; k < CBLOCKS*MAP_SIZE; k++)
        map[k] = 0;
    for (int from = 0; from < OH; from += LISTED) {
        const int to = from + LISTED < OH ? from + LISTED : OH;
        LISTS(s->arena + DY + (size_t)item*DY_IMAGE, s->arena + Y + (size_t)item*Y_IMAGE, argmax,
              entries, count, from, to);
        for (int cb = 0; cb < CBLOCKS; cb++)
            for (int b = 0; b < FILTER_BLOCKS; b++)
                for (int ky = 0; ky < KH; ky++) {
                    const real *slice = w + (ptrdiff_t)((cb*FILTER_BLOCKS + b)*KH + ky)*SLICE;
                    real *under = map + cb*MAP_SIZE + ky*MAP_ROW;
                    int pixel = 0;
                    for (int r = from; r < to; r++)
                        for (int i = 0; i < PH; i++) {
                            real *row = under + (r*STEP_Y + i)*MAP_ROW;
                            for (int p = 0; p < OW; p++)
                                for (int j = 0; j < PW; j++, pixel++) {
                                    const int32_t *end = count + pixel*FILTER_BLOCKS + b;
                                    const int start = b ? end[-1] : 0;
                                    TILE(entries + (ptrdiff_t)pixel*PIXEL_SPACE + start,
                                         end[0] - start, slice, row + (p*STEP_X + j)*CB, 0);
                                }
                        }
                }
    }
    real *dx = s->arena + DX + (size_t)item*DX_IMAGE;
    for (int cb = 0; cb < CBLOCKS; cb++) {
        const int channels = CI - cb*CB < CB ? CI - cb*CB : CB;
        for (int r = 0; r < IN_H; r++)
            for (int p = 0; p < IN_W; p++) {
                const real *from = map + cb*MAP_SIZE + (r + TOP)*MAP_ROW + (p + LEFT)*CB;
                real *to = dx + (r*IN_W + p)*CI + cb*CB;
                for (int c = 0; c < channels; c += VL) {
                    int n = channels - c < VL ? channels - c : VL;
                    v_store_part(to + c, v_load(from + c), n);
                }
            }
    }
#if SUMS_NORM
    SUM_IMAGE(s, item, items, thread);
#endif
}

#include "vector/undef.h"
