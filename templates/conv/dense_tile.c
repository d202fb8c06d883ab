/*
** conv/dense_tile.c - weight gradient of MH filters by NV vectors of a filter row's reals, over
** BAND rows of output pixels of some images, every product: a product of matrices whose sums
** stay in registers over all those pixels.
**
** What the next tile adds to, and what the next call of ADD reads, come from far away: they are
** fetched here, a few lines for each row of pixels.
*/
#include "vector/template.h"

#define NAME conv_dense_tile /* @name */
#define RELU 1               /* @flag */

static inline void NAME(const real *x /* the first pixel's first vector */,
                        const real *g /* [BAND][OW][G_PIXEL] */,
                        real *dw /* [filter][FILTER_SIZE] */, const real *next_dw, int images,
                        int call, const real *next_x, const real *next_dy, const real *next_y)
{
    enum { /* @sizes */ MH = 6, NV = 2, BAND = 4, OW = 16, X_IMAGE = 18496, X_DOWN = 544,
           X_PIXEL = 16, G_IMAGE = 4096, G_PIXEL = 64, FILTER_SIZE = 144, SHARE = 2,
           X_CHUNK = 4352, DY_CHUNK = 1024, Y_CHUNK = 1024, IMAGES = 1 };
    enum { LINE = 64 / sizeof(real) };
    ptrdiff_t fetched = (ptrdiff_t)call*IMAGES*BAND*SHARE*LINE;
#if !RELU
    (void)next_y;
#endif
    vec acc[MH][NV];
    UNROLL for (int i = 0; i < MH; i++)
        UNROLL for (int n = 0; n < NV; n++)
            acc[i][n] = v_load(dw + i*FILTER_SIZE + n*VL);
    UNROLL for (int i = 0; i < MH; i++)
        v_prefetch(next_dw + i*FILTER_SIZE);
    for (int image = 0; image < images; image++)
        for (int r = 0; r < BAND; r++, fetched += SHARE*LINE) {
            const real *p = x + (ptrdiff_t)image*X_IMAGE + r*X_DOWN;
            const real *q = g + (ptrdiff_t)image*G_IMAGE + r*OW*G_PIXEL;
            if (fetched < X_CHUNK) {
                UNROLL for (int k = 0; k < SHARE; k++)
                    v_prefetch(next_x + fetched + k*LINE);
            }
            if (fetched < DY_CHUNK) {
                UNROLL for (int k = 0; k < SHARE; k++)
                    v_prefetch(next_dy + fetched + k*LINE);
            }
#if RELU
            if (fetched < Y_CHUNK) {
                UNROLL for (int k = 0; k < SHARE; k++)
                    v_prefetch(next_y + fetched + k*LINE);
            }
#endif
            for (int c = 0; c < OW; c++, p += X_PIXEL, q += G_PIXEL) {
                vec a, b[NV];
                UNROLL for (int n = 0; n < NV; n++)
                    b[n] = v_load(p + n*VL);
                UNROLL for (int i = 0; i < MH; i++) {
                    a = v_set1(q[i]);
                    UNROLL for (int n = 0; n < NV; n++)
                        acc[i][n] = v_fma(a, b[n], acc[i][n]);
                }
                v_keep();
            }
        }
    UNROLL for (int i = 0; i < MH; i++)
        UNROLL for (int n = 0; n < NV; n++)
            v_store(dw + i*FILTER_SIZE + n*VL, acc[i][n]);
}

#include "vector/undef.h"
