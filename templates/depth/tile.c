/*
** depth/tile.c - the micro-kernel of depthwise convolutions: MH x MW output pixels of one
** vector of channels, each lane its own filter. The sum of one output runs over (ky, kx) in
** raster order from the bias or +0.
**
** v_keep() after each product, as in conv/wgrad_tile.c. Lanes after the last channel read
** what lies there, and are not stored.
*/
#include "vector/template.h"

#define NAME depth_tile      /* @name */
#define BIAS 1               /* @flag */
#define PARTIAL 1            /* @flag */

static inline void NAME(const real *x /* haloed NHWC */, const real *w /* [KH*KW][VL] */,
                        const real *bias, real *y /* NHWC */)
{
    enum { /* @sizes */ KH = 3, KW = 3, MH = 1, MW = 8, X_ROW = 544, X_TAP = 16, X_DOWN = 544,
           X_PIXEL = 16, Y_ROW = 512, Y_PIXEL = 16, PART = 1 };
    vec acc[MH][MW];
#if BIAS
    UNROLL for (int i = 0; i < MH; i++)
        UNROLL for (int j = 0; j < MW; j++)
            acc[i][j] = v_load(bias);
#else
    (void)bias;
    UNROLL for (int i = 0; i < MH; i++)
        UNROLL for (int j = 0; j < MW; j++)
            acc[i][j] = v_zero();
#endif
    UNROLL for (int ky = 0; ky < KH; ky++)
        UNROLL for (int kx = 0; kx < KW; kx++) {
            const vec f = v_load(w + (ky*KW + kx)*VL);
            UNROLL for (int i = 0; i < MH; i++)
                UNROLL for (int j = 0; j < MW; j++) {
                    acc[i][j] = v_fma(f, v_load(x + ky*X_ROW + kx*X_TAP + i*X_DOWN + j*X_PIXEL),
                                      acc[i][j]);
                    v_keep();
                }
        }
    UNROLL for (int i = 0; i < MH; i++)
        UNROLL for (int j = 0; j < MW; j++) {
            /* @epilogue acc[i][j] */
#if PARTIAL
            v_store_part(y + i*Y_ROW + j*Y_PIXEL, acc[i][j], PART);
#else
            v_store(y + i*Y_ROW + j*Y_PIXEL, acc[i][j]);
#endif
        }
}

#include "vector/undef.h"
