/*
** conv/picked_tile.c - weight gradient of MT consecutive taps of one filter row by NV vectors of
** filters, over rows of a max-pool's windows: each lane takes from the inputs under a tap the one
** under the window's place that its filter's gradient belongs to.
*/
#include "vector/template.h"

#define NAME conv_picked_tile /* @name */

static inline void NAME(const real *x /* the table, from the first tap on */, const real *g,
                        const real *choices, real *u /* [tap][U_TAP] */)
{
    enum { /* @sizes */ MT = 9, NV = 1, BAND = 1, OW = 16, TABLE_DOWN = 1024, TABLE_PIXEL = 24,
           G_PIXEL = 32, U_TAP = 32 };
    vec acc[MT][NV];
    UNROLL for (int i = 0; i < MT; i++)
        UNROLL for (int n = 0; n < NV; n++)
            acc[i][n] = v_load(u + i*U_TAP + n*VL);
    for (int r = 0; r < BAND; r++)
        for (int p = 0; p < OW; p++, g += G_PIXEL, choices += G_PIXEL) {
            const real *at = x + r*TABLE_DOWN + p*TABLE_PIXEL;
            vec b[NV], choice[NV];
            UNROLL for (int n = 0; n < NV; n++) {
                b[n] = v_load(g + n*VL);
                choice[n] = v_load(choices + n*VL);
            }
            UNROLL for (int i = 0; i < MT; i++)
                UNROLL for (int n = 0; n < NV; n++)
                    acc[i][n] = v_fma(v_choose(at + 4*i, choice[n]), b[n], acc[i][n]);
            v_keep();
        }
    UNROLL for (int i = 0; i < MT; i++)
        UNROLL for (int n = 0; n < NV; n++)
            v_store(u + i*U_TAP + n*VL, acc[i][n]);
}

#include "vector/undef.h"
