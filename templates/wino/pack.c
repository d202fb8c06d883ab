/*
** wino/pack.c - n filters, transformed by Winograd's G w G^T, into the panels that the
** products read: [panel][SIDE_H*SIDE_W][step of the sum][BLOCK channels]. For the gradient to the
** data the filters are the sum, and taps come flipped. Forward the filters are a panel's
** channels, and their taps are brought together one by one: 9 of them, not SIDE_H*SIDE_W products.
*/
#include "vector/template.h"

#define NAME wino_pack           /* @name */
#define TRANSFORM_ACROSS v_taps4 /* @name */
#define TRANSFORM_DOWN v_taps4   /* @name */
#define FLIPPED 1                /* @flag */

static inline void NAME(const real *filters /* [n][3][ROW], row: 3*CI */, real *panels, int first,
                        int n)
{
    enum { /* @sizes */ SIDE_H = 6, SIDE_W = 6, STEPS = 32, CI = 32, ROW = 96, CHANNELS = 32,
           BLOCK = 32, LAST_WIDTH = 32, PANEL_SIZE = 16384 };
#if FLIPPED
    enum { F_VL = 1, C_VL = VL };
#else
    enum { F_VL = VL, C_VL = 1 };
#endif
    for (int f = 0; f < n; f += F_VL)
        for (int c = 0; c < CI; c += C_VL) {
            const real *taps = filters + (ptrdiff_t)f*3*ROW + c;
            vec d[SIDE_H*SIDE_W];
#if FLIPPED
            const int channel = c, step = first + f, lanes = CI - c < VL ? CI - c : VL;
            UNROLL for (int i = 0; i < 3; i++)
                UNROLL for (int j = 0; j < 3; j++)
                    d[i*SIDE_W + j] = v_load_part(taps + (2 - i)*ROW + (2 - j)*CI, lanes);
#else
            const int channel = first + f, step = c, lanes = n - f < VL ? n - f : VL;
            real together[3*3*VL] = { 0 };
            for (int l = 0; l < lanes; l++)
                for (int k = 0; k < 3*3; k++)
                    together[k*VL + l] = taps[(l*3 + k/3)*ROW + k%3*CI];
            UNROLL for (int k = 0; k < 3*3; k++)
                d[k/3*SIDE_W + k%3] = v_load(together + k*VL);
#endif
            UNROLL for (int i = 0; i < 3; i++)
                TRANSFORM_ACROSS(d + i*SIDE_W, 1);
            UNROLL for (int j = 0; j < SIDE_W; j++)
                TRANSFORM_DOWN(d + j, SIDE_W);
            const int panel = channel / BLOCK;
            const int width = (panel + 1)*BLOCK <= CHANNELS ? BLOCK : LAST_WIDTH;
            real *to = panels + panel*PANEL_SIZE + step*width + channel % BLOCK;
            for (int k = 0; k < SIDE_H*SIDE_W; k++)
                v_store(to + k*STEPS*width, d[k]);
        }
}

#include "vector/undef.h"
