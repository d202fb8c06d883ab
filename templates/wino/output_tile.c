/*
** wino/output_tile.c - one tile of one panel of channels, from its products: A^T m A, the bias,
** pointwise operations (LAST: after the pool) and, where a 2x2 max-pool follows, that too: its
** windows are parts of the tile.
*/
#include "vector/template.h"

#define NAME wino_output_tile      /* @name */
#define TRANSFORM_ACROSS v_output4 /* @name */
#define TRANSFORM_DOWN v_output4   /* @name */
#define BIAS 1                     /* @flag */
#define POOL 1                     /* @flag */
#define LAST 1                     /* @flag */
#define KEEPS_ARGMAX 1             /* @flag */

static inline void NAME(const real *m /* [place][][BLOCK] */, const real *bias, real *y,
                        unsigned char *argmax, int down, int whole, int t)
{
    enum { /* @sizes */ CHANNELS = 17, BLOCK = 32, TILES_ACROSS = 8, WHOLE_ACROSS = 8, TILE_H = 4,
           TILE_W = 4, WINDOW_H = 6, WINDOW_W = 6, SIDE_W = 6, CUT_H = 6, CUT_W = 6,
           M_XI = 2064, Y_ROW = 1024, Y_PIXEL = 32, ARGMAX_ROW = 512 };
    (void)argmax;
    const real *const from[2][2] = { { m + (down*TILES_ACROSS + t)*BLOCK,
                                       m + (down*WHOLE_ACROSS + t)*BLOCK },
                                     { m + (whole*TILES_ACROSS + t)*BLOCK,
                                       m + (whole*WHOLE_ACROSS + t)*BLOCK } };
    for (int n = 0; n < CHANNELS; n += VL) { /* @tail */
        vec d[WINDOW_H*WINDOW_W];
        UNROLL for (int i = 0; i < WINDOW_H; i++)
            UNROLL for (int j = 0; j < WINDOW_W; j++)
                d[i*WINDOW_W + j] = v_load(from[i / CUT_H][j / CUT_W] + (i*SIDE_W + j)*M_XI + n);
        UNROLL for (int i = 0; i < WINDOW_H; i++)
            TRANSFORM_ACROSS(d + i*WINDOW_W, 1);
        UNROLL for (int j = 0; j < TILE_W; j++)
            TRANSFORM_DOWN(d + j, WINDOW_W);
#if BIAS
        const vec start = v_load(bias + n);
#else
        (void)bias;
#endif
        UNROLL for (int i = 0; i < TILE_H; i++)
            UNROLL for (int j = 0; j < TILE_W; j++) {
#if BIAS
                d[i*WINDOW_W + j] = v_add(d[i*WINDOW_W + j], start);
#endif
#if !LAST
                /* @epilogue d[i*WINDOW_W+j] */
#endif
            }
#if POOL
        UNROLL for (int i = 0; i < TILE_H / 2; i++)
            UNROLL for (int j = 0; j < TILE_W / 2; j++) {
                vec best = d[2*i*WINDOW_W + 2*j];
#if KEEPS_ARGMAX
                vec index = v_zero();
#endif
                UNROLL for (int k = 1; k < 4; k++) {
#if KEEPS_ARGMAX
                    index = v_select(v_gt(d[(2*i + k/2)*WINDOW_W + 2*j + k%2], best), v_set1(k),
                                     index);
#endif
                    best = v_max(d[(2*i + k/2)*WINDOW_W + 2*j + k%2], best);
                }
#if LAST
                /* @epilogue best */
#endif
                v_store(y + i*Y_ROW + j*Y_PIXEL + n, best);
#if KEEPS_ARGMAX
                v_store_u8(argmax + i*ARGMAX_ROW + j*Y_PIXEL + n, index);
#endif
            }
#else
        UNROLL for (int i = 0; i < TILE_H; i++)
            UNROLL for (int j = 0; j < TILE_W; j++)
                v_store(y + i*Y_ROW + j*Y_PIXEL + n, d[i*WINDOW_W + j]);
#endif
    }
}

#include "vector/undef.h"
