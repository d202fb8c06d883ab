/*
** conv_lists.c - the nonzero values of a stage's output gradient, rows FROM .. TO
** of one image, as one list per filter: (where the filter's first tap lies in
** the haloed input, value). After ReLU and 2x2 max-pool about an eighth of the
** positions is left. Order: raster order of the stage's output; the weight
** gradient's sums run in that order.
*/
#include "template.h"

#define NAME conv_lists      /* @name */
#define POOL 1               /* @flag */
#define RELU 1               /* @flag */

static inline void NAME(const real *dy /* [H][W][C] */, const real *y,
                        const unsigned char *argmax, struct entry *entries /* [C][SPACE] */,
                        int *count /* [C] */, int from, int to)
{
    enum { /* @sizes */ W = 16, C = 16, Y_ROW = 256, Y_PIXEL = 16, PW = 2, STEP_Y = 1088,
           STEP_X = 32, WINDOW_Y = 544, WINDOW_X = 16, SPACE = 257 };
#if !POOL
    (void)argmax;
#endif
#if !RELU
    (void)y;
#endif
    for (int c = 0; c < C; c++)
        count[c] = 0;
    for (int r = from; r < to; r++)
        for (int p = 0; p < W; p++) {
            const real *g = dy + (r*W + p)*C;
#if RELU
            const real *active = y + r*Y_ROW + p*Y_PIXEL;
#endif
#if POOL
            const unsigned char *k = argmax + (r*W + p)*C;
#endif
            int32_t corner = r*STEP_Y + p*STEP_X;
            for (int c = 0; c < C; c++) {
                struct entry e = { corner, g[c] };
#if RELU
                e.value = active[c] > 0 ? e.value : 0;
#endif
#if POOL
                e.at += k[c] / PW * WINDOW_Y + k[c] % PW * WINDOW_X;
#endif
                /* Always written, counted only if not zero: no branch to mispredict. */
                entries[c*SPACE + count[c]] = e;
                count[c] += e.value != 0;
            }
        }
}

#include "undef.h"
