/*
** conv/pixel_lists.c - the nonzero values of a stage's output gradient, rows FROM .. TO of one
** pooled image, as one list for each pixel before the pool: (filter in its block, value), in
** the order of the filters. count: where the pixel's entries of each block of FB filters end.
*/
#include "vector/template.h"

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
    int32_t place[PH*PW];       /* the argmax's pixel, from the window's first */
    UNROLL for (int i = 0; i < PH; i++)
        UNROLL for (int j = 0; j < PW; j++)
            place[i*PW + j] = i*W*PW + j;
    for (int r = from; r < to; r++)
        for (int p = 0; p < W; p++) {
            const real *g = dy + (r*W + p)*C;
#if RELU
            real value[C];
            relu_gradient(g, y + r*Y_ROW + p*C, value, C);
#else
            const real *value = g;
#endif
            const unsigned char *k = argmax + (r*W + p)*C;
            const int pixel = (r - from)*PH*W*PW + p*PW;
            int32_t n[PH*PW] = { 0 };
            for (int b = 0; b < BLOCKS; b++) {
                const int last = (b + 1)*FB < C ? (b + 1)*FB : C;
                for (int f = b*FB; f < last; f++) {
                    entries[(ptrdiff_t)(pixel + place[k[f]])*SPACE + n[k[f]]]
                        = (struct entry){ f - b*FB, value[f] };
                    n[k[f]] += is_nonzero(value[f]);
                }
                UNROLL for (int i = 0; i < PH; i++)
                    UNROLL for (int j = 0; j < PW; j++)
                        count[(pixel + i*W*PW + j)*BLOCKS + b] = n[i*PW + j];
            }
        }
}

#include "vector/undef.h"
