/*
** depth/wgrad_tile.c - weight gradient of a depthwise convolution, MH x MW taps of one vector
** of channels in registers, over every position of one image in raster order.
*/
#include "vector/template.h"

#define NAME depth_wgrad_tile /* @name */

static inline void NAME(const real *x, const real *g /* output gradient */, real *sums)
{
    enum { /* @sizes */ OH = 32, OW = 32, KW = 3, MH = 3, MW = 3, X_ROW = 544, X_TAP = 16,
           X_DOWN = 544, X_PIXEL = 16, G_ROW = 544, G_PIXEL = 16, PADDED = 16 };
    vec acc[MH][MW];
    UNROLL for (int i = 0; i < MH; i++)
        UNROLL for (int j = 0; j < MW; j++)
            acc[i][j] = v_load(sums + (i*KW + j)*PADDED);
    for (int r = 0; r < OH; r++)
        for (int p = 0; p < OW; p++) {
            const real *q = x + r*X_DOWN + p*X_PIXEL;
            const vec v = v_load(g + r*G_ROW + p*G_PIXEL);
            UNROLL for (int i = 0; i < MH; i++)
                UNROLL for (int j = 0; j < MW; j++) {
                    acc[i][j] = v_fma(v, v_load(q + i*X_ROW + j*X_TAP), acc[i][j]);
                    v_keep();
                }
        }
    UNROLL for (int i = 0; i < MH; i++)
        UNROLL for (int j = 0; j < MW; j++)
            v_store(sums + (i*KW + j)*PADDED, acc[i][j]);
}

#include "vector/undef.h"
