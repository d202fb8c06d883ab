/*
** conv_narrow_tile.c - weight gradient of MT consecutive taps of one filter row by NV vectors
** of filters, over rows of output pixels: vectors run over filters, because the taps of a row
** would fill no vector.
*/
#include "template.h"

#define NAME conv_narrow_tile    /* @name */

static inline void NAME(const real *x /* haloed, the first tap of the first pixel */,
                        const real *g /* output gradients, the first pixel */,
                        real *u /* [tap][U_TAP] */)
{
    enum { /* @sizes */ MT = 9, NV = 2, ROWS = 32, OW = 32, X_DOWN = 102, X_PIXEL = 3,
           G_ROW = 1024, G_PIXEL = 32, U_TAP = 32 };
    vec acc[MT][NV];
    UNROLL for (int i = 0; i < MT; i++)
        UNROLL for (int n = 0; n < NV; n++)
            acc[i][n] = v_load(u + i*U_TAP + n*VL);
    for (int r = 0; r < ROWS; r++)
        for (int p = 0; p < OW; p++) {
            vec a, b[NV];
            UNROLL for (int n = 0; n < NV; n++)
                b[n] = v_load(g + r*G_ROW + p*G_PIXEL + n*VL);
            UNROLL for (int i = 0; i < MT; i++) {
                a = v_set1(x[r*X_DOWN + p*X_PIXEL + i]);
                UNROLL for (int n = 0; n < NV; n++)
                    acc[i][n] = v_fma(a, b[n], acc[i][n]);
            }
            v_keep();
        }
    UNROLL for (int i = 0; i < MT; i++)
        UNROLL for (int n = 0; n < NV; n++)
            v_store(u + i*U_TAP + n*VL, acc[i][n]);
}

#include "undef.h"
