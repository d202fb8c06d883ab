/*
** conv/pack.c - one filter from its stored order [KH][KW][CI] into the panels
** that a sweep of tiles reads: [panel][ky][kx][channel in][BLOCK channels out].
** For the gradient to the data the roles of the channels change and the taps
** come flipped, from (TAP_Y, TAP_X) in steps of (TAP_STEP_Y, TAP_STEP_X): a phase of the strides.
*/
#include "vector/template.h"

#define NAME conv_pack       /* @name */
#define FLIPPED 1            /* @flag */

static inline void NAME(const real *filter, real *panels, int co)
{
    enum { /* @sizes */ KH = 3, KW = 3, CI = 16, CO = 16, ROW = 48, CHANNELS = 16, BLOCK = 16,
           LAST_WIDTH = 16, PANEL_SIZE = 2304, TAP_Y = 0, TAP_X = 0, TAP_STEP_Y = 1,
           TAP_STEP_X = 1 };
    for (int ky = 0; ky < KH; ky++)
        for (int kx = 0; kx < KW; kx++)
            for (int ci = 0; ci < CI; ci++) {
#if FLIPPED
                int out = ci, k = (ky*KW + kx)*CO + co;     /* K of the product */
                int y = TAP_Y + (KH - 1 - ky)*TAP_STEP_Y, x = TAP_X + (KW - 1 - kx)*TAP_STEP_X;
#else
                int out = co, k = (ky*KW + kx)*CI + ci;
                int y = TAP_Y + ky*TAP_STEP_Y, x = TAP_X + kx*TAP_STEP_X;
#endif
                int panel = out / BLOCK;
                int width = (panel + 1)*BLOCK <= CHANNELS ? BLOCK : LAST_WIDTH;
                panels[panel*PANEL_SIZE + k*width + out % BLOCK] = filter[y*ROW + x*CI + ci];
            }
}

#include "vector/undef.h"
