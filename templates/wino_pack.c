/*
** wino_pack.c - one filter, transformed by Winograd's G w G^T, into the panels that the
** products read: [panel][SIDE*SIDE][channel in][BLOCK channels out]. For the gradient to the
** data the roles of the channels change and the taps come flipped.
*/
#include "template.h"

#define NAME wino_pack       /* @name */
#define TAPS v_taps2         /* @name */
#define FLIPPED 1            /* @flag */

static inline void NAME(const real *filter /* [3][ROW], row: 3*CI */, real *panels, int co)
{
    enum { /* @sizes */ SIDE = 4, CI = 32, CO = 32, ROW = 96, CHANNELS = 32, BLOCK = 32,
           LAST_BLOCK = 32, PANEL_SIZE = 16384 };
    for (int c = 0; c < CI; c += VL) {
        const int n = CI - c < VL ? CI - c : VL;
        vec d[SIDE*SIDE];
        UNROLL for (int i = 0; i < 3; i++)
            UNROLL for (int j = 0; j < 3; j++) {
#if FLIPPED
                d[i*SIDE + j] = v_load_part(filter + (2 - i)*ROW + (2 - j)*CI + c, n);
#else
                d[i*SIDE + j] = v_load_part(filter + i*ROW + j*CI + c, n);
#endif
            }
        UNROLL for (int i = 0; i < 3; i++)
            TAPS(d + i*SIDE, 1);
        UNROLL for (int j = 0; j < SIDE; j++)
            TAPS(d + j, SIDE);
#if FLIPPED
        const int panel = c / BLOCK;
        const int width = (panel + 1)*BLOCK <= CHANNELS ? BLOCK : LAST_BLOCK;
        real *to = panels + panel*PANEL_SIZE + co*width + c % BLOCK;
        for (int k = 0; k < SIDE*SIDE; k++)
            v_store_part(to + k*CO*width, d[k], n);
#else
        real one[SIDE*SIDE*VL];
        const int panel = co / BLOCK;
        const int width = (panel + 1)*BLOCK <= CHANNELS ? BLOCK : LAST_BLOCK;
        real *to = panels + panel*PANEL_SIZE + c*width + co % BLOCK;
        UNROLL for (int k = 0; k < SIDE*SIDE; k++)
            v_store(one + k*VL, d[k]);
        for (int k = 0; k < SIDE*SIDE; k++)
            for (int l = 0; l < n; l++)
                to[(k*CI + l)*width] = one[k*VL + l];
#endif
    }
}

#include "undef.h"
