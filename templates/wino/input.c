/*
** wino/input.c - the Winograd transform of the input under one row of tiles: B^T d B of
** every SIDE x SIDE window, windows STEP apart, channel by channel. Vectors run past the
** last channel: what they compute there belongs to nobody.
*/
#include "vector/template.h"

#define NAME wino_input      /* @name */
#define TRANSFORM v_input2   /* @name */

static inline void NAME(const real *x /* haloed, the first window */,
                        real *v /* [SIDE*SIDE][tile][V_TILE] */)
{
    enum { /* @sizes */ CI = 32, TILES_ACROSS = 16, SIDE = 4, STEP = 2, X_ROW = 1088, V_TILE = 48,
           V_XI = 3088 };
    for (int t = 0; t < TILES_ACROSS; t++)
        for (int c = 0; c < CI; c += VL) {
            const real *p = x + t*STEP*CI + c;
            real *q = v + t*V_TILE + c;
            vec d[SIDE*SIDE];
            UNROLL for (int i = 0; i < SIDE; i++)
                UNROLL for (int j = 0; j < SIDE; j++)
                    d[i*SIDE + j] = v_load(p + i*X_ROW + j*CI);
            UNROLL for (int i = 0; i < SIDE; i++)
                TRANSFORM(d + i*SIDE, 1);
            UNROLL for (int j = 0; j < SIDE; j++)
                TRANSFORM(d + j, SIDE);
            UNROLL for (int k = 0; k < SIDE*SIDE; k++)
                v_store(q + k*V_XI, d[k]);
        }
}

#include "vector/undef.h"
