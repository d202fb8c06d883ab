/*
** pixel_lists.c - the nonzero values of a stage's output gradient, rows FROM .. TO of one
** pooled image, as one list for each pixel before the pool: (filter in its block, value), in
** the order of the filters. count: where the pixel's entries of each block of FB filters end.
*/
#include "template.h"

#define NAME pixel_lists     /* @name */
#define RELU 1               /* @flag */

static inline void NAME(const real *dy /* [H][W][C] */, const real *y,
                        const unsigned char *argmax,
                        struct entry *entries /* [row][PH][W][PW][SPACE] */,
                        int32_t *count /* [row][PH][W][PW][BLOCKS] */, int from, int to)
{
    enum { /* @sizes */ W = 16, C = 32, Y_ROW = 512, PH = 2, PW = 2, SPACE = 33, FB = 32,
           BLOCKS = 1 };
#if !RELU
    (void)y;
#endif
    for (int r = from; r < to; r++)
        for (int p = 0; p < W; p++) {
            const real *g = dy + (r*W + p)*C;
#if RELU
            const real *active = y + r*Y_ROW + p*C;
#endif
            const unsigned char *k = argmax + (r*W + p)*C;
            const int pixel = (r - from)*PH*W*PW + p*PW;
            int32_t n[PH*PW] = { 0 };
            for (int b = 0; b < BLOCKS; b++) {
                const int last = (b + 1)*FB < C ? (b + 1)*FB : C;
                for (int f = b*FB; f < last; f++) {
                    struct entry e = { f - b*FB, g[f] };
#if RELU
                    e.value = active[f] > 0 ? e.value : 0;
#endif
                    const int at = pixel + k[f] / PW*W*PW + k[f] % PW;
                    entries[(ptrdiff_t)at*SPACE + n[k[f]]] = e;
                    n[k[f]] += e.value != 0;
                }
                UNROLL for (int i = 0; i < PH; i++)
                    UNROLL for (int j = 0; j < PW; j++)
                        count[(pixel + i*W*PW + j)*BLOCKS + b] = n[i*PW + j];
            }
        }
}

#include "undef.h"
