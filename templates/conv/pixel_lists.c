/*
** conv/pixel_lists.c - the nonzero values of a stage's output gradient, rows FROM .. TO of one
** pooled image, as one list for each pixel before the pool: (filter in its block, value), in
** the order of the filters. count: where the pixel's entries of each block of FB filters end.
*/
#include "vector/template.h"

#define NAME pixel_lists     /* @name */
#define RELU 1               /* @flag */

static inline void NAME(const real *dy /* [H][OW][C] */, const real *y,
                        const unsigned char *argmax,
                        struct entry *entries /* [row][PH][OW][PW][PIXEL_SPACE] */,
                        int32_t *count /* [row][PH][OW][PW][FILTER_BLOCKS] */, int from, int to)
{
    enum { /* @sizes */ OW = 16, C = 32, Y_ROW = 512, PH = 2, PW = 2, PIXEL_SPACE = 33, FB = 32,
           FILTER_BLOCKS = 1 };
#if !RELU
    (void)y;
#endif
    int32_t place[PH*PW];       /* the argmax's pixel, from the window's first */
    UNROLL for (int i = 0; i < PH; i++)
        UNROLL for (int j = 0; j < PW; j++)
            place[i*PW + j] = i*OW*PW + j;
    for (int r = from; r < to; r++)
        for (int p = 0; p < OW; p++) {
            const real *g = dy + (r*OW + p)*C;
#if RELU
            real value[C];
            relu_gradient(g, y + r*Y_ROW + p*C, value, C);
#else
            const real *value = g;
#endif
            const unsigned char *k = argmax + (r*OW + p)*C;
            const int pixel = (r - from)*PH*OW*PW + p*PW;
            int32_t n[PH*PW] = { 0 };
            for (int b = 0; b < FILTER_BLOCKS; b++) {
                const int last = (b + 1)*FB < C ? (b + 1)*FB : C;
                for (int f = b*FB; f < last; f++) {
                    entries[(ptrdiff_t)(pixel + place[k[f]])*PIXEL_SPACE + n[k[f]]]
                        = (struct entry){ f - b*FB, value[f] };
                    n[k[f]] += is_nonzero(value[f]);
                }
                UNROLL for (int i = 0; i < PH; i++)
                    UNROLL for (int j = 0; j < PW; j++)
                        count[(pixel + i*OW*PW + j)*FILTER_BLOCKS + b] = n[i*PW + j];
            }
        }
}

#include "vector/undef.h"
