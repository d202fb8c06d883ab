/*
** wino/gradient.c - the Winograd transform of one row of tiles of a stage's output gradient,
** A g A^T, masked by its ReLU; adds the gradients of the bias, tile by tile.
*/
#include "vector/template.h"

#define NAME wino_gradient    /* @name */
#define TRANSFORM v_gradient2 /* @name */
#define RELU 1                /* @flag */
#define BIAS 1                /* @flag */

static inline void NAME(const real *dy /* [STEP][W][CO] */, const real *y,
                        real *g /* [SIDE*SIDE][tile][G_TILE] */, real *db)
{
    enum { /* @sizes */ CO = 32, TILES_ACROSS = 16, SIDE = 4, STEP = 2, DY_ROW = 1024,
           Y_ROW = 1088, G_TILE = 48, G_XI = 3088 };
    (void)y;
    (void)db;
    for (int t = 0; t < TILES_ACROSS; t++)
        for (int c = 0; c < CO; c += VL) {
            const int at = t*STEP*CO + c;
            vec d[SIDE*SIDE];
            UNROLL for (int i = 0; i < STEP; i++)
                UNROLL for (int j = 0; j < STEP; j++) {
                    d[i*SIDE + j] = v_load(dy + i*DY_ROW + j*CO + at);
#if RELU
                    d[i*SIDE + j] = v_select(v_gt(v_load(y + i*Y_ROW + j*CO + at), v_zero()),
                                             d[i*SIDE + j], v_zero());
#endif
                }
#if BIAS
            vec sum = v_load(db + c);
            UNROLL for (int i = 0; i < STEP; i++)
                UNROLL for (int j = 0; j < STEP; j++)
                    sum = v_add(sum, d[i*SIDE + j]);
            v_store(db + c, sum);
#endif
            UNROLL for (int i = 0; i < STEP; i++)
                TRANSFORM(d + i*SIDE, 1);
            UNROLL for (int j = 0; j < SIDE; j++)
                TRANSFORM(d + j, SIDE);
            UNROLL for (int k = 0; k < SIDE*SIDE; k++)
                v_store(g + k*G_XI + t*G_TILE + c, d[k]);
        }
}

#include "vector/undef.h"
