/*
** wino/output.c - one vector of channels of one tile: A^T m A, the bias, pointwise operations
** (LAST: after the pool) and, where a 2x2 max-pool follows, that too: its windows are parts
** of the tile.
*/
#include "vector/template.h"

#define NAME wino_output     /* @name */
#define TRANSFORM v_output2  /* @name */
#define BIAS 1               /* @flag */
#define POOL 1               /* @flag */
#define LAST 1               /* @flag */
#define PARTIAL 1            /* @flag */

static inline void NAME(const real *m /* [SIDE*SIDE][tile][BLOCK] */, const real *bias, real *y,
                        unsigned char *argmax)
{
    enum { /* @sizes */ SIDE = 4, STEP = 2, M_XI = 2064, Y_ROW = 1024, Y_PIXEL = 32,
           ARGMAX_ROW = 512, PART = 1 };
    vec d[SIDE*SIDE];
    UNROLL for (int k = 0; k < SIDE*SIDE; k++)
        d[k] = v_load(m + k*M_XI);
    UNROLL for (int i = 0; i < SIDE; i++)
        TRANSFORM(d + i*SIDE, 1);
    UNROLL for (int j = 0; j < STEP; j++)
        TRANSFORM(d + j, SIDE);
#if BIAS
    const vec start = v_load(bias);
#else
    (void)bias;
#endif
    UNROLL for (int i = 0; i < STEP; i++)
        UNROLL for (int j = 0; j < STEP; j++) {
#if BIAS
            d[i*SIDE + j] = v_add(d[i*SIDE + j], start);
#endif
#if !LAST
            /* @epilogue d[i*SIDE+j] */
#endif
        }
#if POOL
    UNROLL for (int i = 0; i < STEP / 2; i++)
        UNROLL for (int j = 0; j < STEP / 2; j++) {
            vec best = d[2*i*SIDE + 2*j], index = v_zero();
            UNROLL for (int k = 1; k < 4; k++) {
                index = v_select(v_gt(d[(2*i + k/2)*SIDE + 2*j + k%2], best), v_set1(k), index);
                best = v_max(d[(2*i + k/2)*SIDE + 2*j + k%2], best);
            }
#if LAST
            /* @epilogue best */
#endif
#if PARTIAL
            v_store_part(y + i*Y_ROW + j*Y_PIXEL, best, PART);
            v_store_u8_part(argmax + i*ARGMAX_ROW + j*Y_PIXEL, index, PART);
#else
            v_store(y + i*Y_ROW + j*Y_PIXEL, best);
            v_store_u8(argmax + i*ARGMAX_ROW + j*Y_PIXEL, index);
#endif
        }
#else
    (void)argmax;
    UNROLL for (int i = 0; i < STEP; i++)
        UNROLL for (int j = 0; j < STEP; j++) {
#if PARTIAL
            v_store_part(y + i*Y_ROW + j*Y_PIXEL, d[i*SIDE + j], PART);
#else
            v_store(y + i*Y_ROW + j*Y_PIXEL, d[i*SIDE + j]);
#endif
        }
#endif
}

#include "vector/undef.h"
