/*
** wino/gradient_tile.c - the Winograd transform of one tile of a stage's output gradient,
** A g A^T, masked by its ReLU, or gone through the batchnorm after it, whose input is y (see
** conv/expand.c); adds the gradients of the bias.
*/
#include "vector/template.h"
#include "norm/through.c"

#define NAME wino_gradient_tile      /* @name */
#define TRANSFORM_ACROSS v_gradient4 /* @name */
#define TRANSFORM_DOWN v_gradient4   /* @name */
#define PASS_BACK norm_through       /* @name */
#define POOL 0                       /* @flag */
#define RELU 1                       /* @flag */
#define THROUGH 0                    /* @flag */
#define BIAS 1                       /* @flag */

static inline void NAME(const real *dy /* [TILE_H][W][CO] */, const real *y,
                        const unsigned char *argmax, const real *mean /* the norm's */,
                        real *g /* [place][tile][G_TILE] */, real *db, int down, int whole,
                        int t)
{
    enum { /* @sizes */ CO = 32, TILES_ACROSS = 8, WHOLE_ACROSS = 8, TILE_H = 4, TILE_W = 4,
           WINDOW_H = 6, WINDOW_W = 6, SIDE_W = 6, CUT_H = 6, CUT_W = 6, DY_ROW = 1024,
           Y_ROW = 1088, PH = 2, PW = 2, G_TILE = 48, G_XI = 3088 };
    real *const to[2][2] = { { g + (down*TILES_ACROSS + t)*G_TILE,
                               g + (down*WHOLE_ACROSS + t)*G_TILE },
                             { g + (whole*TILES_ACROSS + t)*G_TILE,
                               g + (whole*WHOLE_ACROSS + t)*G_TILE } };
    (void)y;
    (void)argmax;
    (void)mean;
    (void)db;
    for (int c = 0; c < CO; c += VL) {
        vec d[WINDOW_H*WINDOW_W];
        UNROLL for (int i = 0; i < TILE_H; i++)
            UNROLL for (int j = 0; j < TILE_W; j++) {
                vec one = v_load(dy + i/PH*DY_ROW + j/PW*CO + c);
#if POOL
                one = v_select(v_eq(v_load_u8(argmax + i/PH*DY_ROW + j/PW*CO + c),
                                    v_set1(i%PH*PW + j%PW)), one, v_zero());
#endif
#if RELU
                one = v_select(v_gt(v_load(y + i*Y_ROW + j*CO + c), v_zero()), one, v_zero());
#endif
#if THROUGH
                one = PASS_BACK(one, v_load(y + i*Y_ROW + j*CO + c), v_zero(), mean + c);
#endif
                d[i*WINDOW_W + j] = one;
            }
#if BIAS
        vec sum = v_load(db + c);
        UNROLL for (int i = 0; i < TILE_H; i++)
            UNROLL for (int j = 0; j < TILE_W; j++)
                sum = v_add(sum, d[i*WINDOW_W + j]);
        v_store(db + c, sum);
#endif
        UNROLL for (int i = 0; i < TILE_H; i++)
            TRANSFORM_ACROSS(d + i*WINDOW_W, 1);
        UNROLL for (int j = 0; j < WINDOW_W; j++)
            TRANSFORM_DOWN(d + j, WINDOW_W);
        UNROLL for (int i = 0; i < WINDOW_H; i++)
            UNROLL for (int j = 0; j < WINDOW_W; j++)
                v_store(to[i / CUT_H][j / CUT_W] + (i*SIDE_W + j)*G_XI + c, d[i*WINDOW_W + j]);
    }
}

#include "vector/undef.h"
