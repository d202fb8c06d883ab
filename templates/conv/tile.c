/*
** conv/tile.c - the micro-kernel: MH x MW output pixels by NV vectors of output
** channels stay in registers while every tap of the filter is multiplied in.
** All strides are constants. The sum of one output runs over (ky, kx, channel)
** in raster order from the bias or +0, whatever the tile, the vector or the
** instruction set: the results have the same bits everywhere. RUN: reals that a filter row
** takes from the input at a stretch, all of its KW*CI; or, with dilation or among the channels
** of other groups, CI of them from each of TAPS places X_TAP apart.
**
** Each step ends in v_keep(): without it gcc shares broadcasts across steps,
** runs out of registers and spills accumulators (more than half the speed).
**
** Filter rows stay a loop, and the taps of a row are one run of channels: the loop over it
** takes the time. Rows written out are no faster, in nine times the text.
*/
#include "vector/template.h"

#define NAME conv_tile       /* @name */
#define BIAS 1               /* @flag */
#define SHALLOW 0            /* @flag */
#define PARTIAL 1            /* @flag */
#define RUNS 0               /* @flag */

static inline void NAME(const real *x /* haloed NHWC */, const real *w /* [KH*KW*CI][BLOCK] */,
                        const real *bias, real *y /* NHWC */)
{
    enum { /* @sizes */ KH = 3, TAPS = 1, RUN = 48, MH = 1, MW = 6, NV = 2, BLOCK = 32,
           X_ROW = 544, X_DOWN = 544, X_PIXEL = 16, X_TAP = 0, Y_ROW = 512, Y_PIXEL = 16,
           PART = 1 };
    vec acc[MH][MW][NV];
#if BIAS
    UNROLL for (int i = 0; i < MH; i++)
        UNROLL for (int j = 0; j < MW; j++)
            UNROLL for (int n = 0; n < NV; n++)
                acc[i][j][n] = v_load(bias + n*VL);
#else
    (void)bias;
    UNROLL for (int i = 0; i < MH; i++)
        UNROLL for (int j = 0; j < MW; j++)
            UNROLL for (int n = 0; n < NV; n++)
                acc[i][j][n] = v_zero();
#endif
#if SHALLOW
    UNROLL for (int ky = 0; ky < KH; ky++)
        UNROLL for (int k = 0; k < RUN; k++) {
            vec a, b[NV];
            UNROLL for (int n = 0; n < NV; n++)
                b[n] = v_load(w + (ky*RUN + k)*BLOCK + n*VL);
            UNROLL for (int i = 0; i < MH; i++)
                UNROLL for (int j = 0; j < MW; j++) {
                    a = v_set1(x[ky*X_ROW + i*X_DOWN + j*X_PIXEL + k]);
                    UNROLL for (int n = 0; n < NV; n++)
                        acc[i][j][n] = v_fma(a, b[n], acc[i][j][n]);
                }
            v_keep();
        }
#else
#if RUNS
    for (int ky = 0; ky < KH; ky++) {
        UNROLL for (int tap = 0; tap < TAPS; tap++)
            v_run(&acc[0][0][0], x + ky*X_ROW + tap*X_TAP, X_PIXEL,
                  w + (ky*TAPS + tap)*RUN*BLOCK, RUN);
    }
#else
    for (int ky = 0; ky < KH; ky++) {
        UNROLL for (int tap = 0; tap < TAPS; tap++)
            for (int k = 0; k < RUN; k++) {
                vec a, b[NV];
                UNROLL for (int n = 0; n < NV; n++)
                    b[n] = v_load(w + ((ky*TAPS + tap)*RUN + k)*BLOCK + n*VL);
                UNROLL for (int i = 0; i < MH; i++)
                    UNROLL for (int j = 0; j < MW; j++) {
                        a = v_set1(x[ky*X_ROW + i*X_DOWN + j*X_PIXEL + tap*X_TAP + k]);
                        UNROLL for (int n = 0; n < NV; n++)
                            acc[i][j][n] = v_fma(a, b[n], acc[i][j][n]);
                    }
                v_keep();
            }
    }
#endif
#endif
    UNROLL for (int i = 0; i < MH; i++)
        UNROLL for (int j = 0; j < MW; j++) {
            UNROLL for (int n = 0; n < NV; n++) {
                /* @epilogue acc[i][j][n] */
            }
#if PARTIAL
            UNROLL for (int n = 0; n < NV - 1; n++)
                v_store(y + i*Y_ROW + j*Y_PIXEL + n*VL, acc[i][j][n]);
            v_store_part(y + i*Y_ROW + j*Y_PIXEL + (NV - 1)*VL, acc[i][j][NV - 1], PART);
#else
            UNROLL for (int n = 0; n < NV; n++)
                v_store(y + i*Y_ROW + j*Y_PIXEL + n*VL, acc[i][j][n]);
#endif
        }
}

#include "vector/undef.h"
