/*
** wino/input_tile.c - the Winograd transform B^T d B of the input under one tile, channel by
** channel. Vectors run past the last channel: what they compute there belongs to nobody.
*/
#include "vector/template.h"

#define NAME wino_input_tile      /* @name */
#define TRANSFORM_ACROSS v_input4 /* @name */
#define TRANSFORM_DOWN v_input4   /* @name */

static inline void NAME(const real *x /* haloed, the window */,
                        real *v /* [place][tile][V_TILE] */, int down, int whole, int t)
{
    enum { /* @sizes */ CI = 32, TILES_ACROSS = 8, WHOLE_ACROSS = 8, WINDOW_H = 6, WINDOW_W = 6,
           SIDE_W = 6, CUT_H = 6, CUT_W = 6, X_ROW = 1088, V_TILE = 48, V_XI = 3088 };
    real *const to[2][2] = { { v + (down*TILES_ACROSS + t)*V_TILE,
                               v + (down*WHOLE_ACROSS + t)*V_TILE },
                             { v + (whole*TILES_ACROSS + t)*V_TILE,
                               v + (whole*WHOLE_ACROSS + t)*V_TILE } };
    for (int c = 0; c < CI; c += VL) {
        vec d[WINDOW_H*WINDOW_W];
        UNROLL for (int i = 0; i < WINDOW_H; i++)
            UNROLL for (int j = 0; j < WINDOW_W; j++)
                d[i*WINDOW_W + j] = v_load(x + i*X_ROW + j*CI + c);
        UNROLL for (int i = 0; i < WINDOW_H; i++)
            TRANSFORM_ACROSS(d + i*WINDOW_W, 1);
        UNROLL for (int j = 0; j < WINDOW_W; j++)
            TRANSFORM_DOWN(d + j, WINDOW_W);
        UNROLL for (int i = 0; i < WINDOW_H; i++)
            UNROLL for (int j = 0; j < WINDOW_W; j++)
                v_store(to[i / CUT_H][j / CUT_W] + (i*SIDE_W + j)*V_XI + c, d[i*WINDOW_W + j]);
    }
}

#include "vector/undef.h"
