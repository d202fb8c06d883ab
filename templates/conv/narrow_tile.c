/*
** conv/narrow_tile.c - weight gradient of MT consecutive taps of one filter row by NV vectors
** of filters, over rows of windows of output pixels (of one pixel where no max-pool follows):
** vectors run over filters, because the taps of a row would fill no vector.
*/
#include "vector/template.h"

#define NAME conv_narrow_tile /* @name */

static inline void NAME(const real *x /* haloed, the first tap of the first pixel */,
                        const real *g /* output gradients, window by window */,
                        real *u /* [tap][U_TAP] */)
{
    enum { /* @sizes */ MT = 9, NV = 2, BAND = 1, OW = 16, WINDOW = 4, PW = 2, X_DOWN = 102,
           X_PIXEL = 3, G_PIXEL = 32, U_TAP = 32 };
    vec acc[MT][NV];
    UNROLL for (int i = 0; i < MT; i++)
        UNROLL for (int n = 0; n < NV; n++)
            acc[i][n] = v_load(u + i*U_TAP + n*VL);
    for (int r = 0; r < BAND; r++)
        for (int q = 0; q < OW*WINDOW; q++, g += G_PIXEL) {     /* a loop over the window would be
                                                                ** written out, and spill */
            const int p = q / WINDOW, w = q % WINDOW;
            const real *at = x + (r*(WINDOW/PW) + w/PW)*X_DOWN + (p*PW + w%PW)*X_PIXEL;
            vec a, b[NV];
            UNROLL for (int n = 0; n < NV; n++)
                b[n] = v_load(g + n*VL);
            UNROLL for (int i = 0; i < MT; i++) {
                a = v_set1(at[i]);
                UNROLL for (int n = 0; n < NV; n++)
                    acc[i][n] = v_fma(a, b[n], acc[i][n]);
            }
            v_keep();
        }
    UNROLL for (int i = 0; i < MT; i++)
        UNROLL for (int n = 0; n < NV; n++)
            v_store(u + i*U_TAP + n*VL, acc[i][n]);
}

#include "vector/undef.h"
