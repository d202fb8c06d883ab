/*
** depth/wgrad.c - a depthwise convolution stage, gradient to weights and bias of one group of
** images (see conv/wgrad.c): the output gradient is expanded into scratch and multiplied with
** the input under every tap, vectors running along the channels. Sums stay in that order,
** [tap][channel], until the last image. REPEAT: several filters read one channel. A part of a
** group is some vectors of channels.
*/
#include "vector/template.h"
#include "conv/expand.c"
#include "depth/repeat.c"
#include "depth/wgrad_tile.c"

#define NAME depth_wgrad          /* @name */
#define EXPAND conv_expand        /* @name */
#define PUT_REPEATED depth_repeat /* @name */
#define TILE depth_wgrad_tile     /* @name */
#define REPEAT 1                  /* @flag */
#define BIAS 1                    /* @flag */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 18496, X_ROW = 544, X_TAP = 16, Y = 0, Y_IMAGE = 4096,
           DY = 0, DY_IMAGE = 4096, COEFFICIENTS = 0, ARGMAX = 0, ARGMAX_IMAGE = 4096, PARTIALS = 0,
           GROUP_SIZE = 2304, OH = 32, OW = 32, CO = 16, PADDED = 16, KH = 3, KW = 3, ROW = 16,
           MH = 3, MW = 3, G_ROW = 544, SCRATCH = 0, SCRATCH_SIZE = 1024, EXPANDED = 0,
           EXPANDED_AT = 0, SUMS_AT = 0 };
#if REPEAT
    enum { /* @sizes */ REPEATED_AT = 0, REPEATED_ROWS = 34 };
#endif
    enum { VECTORS = (CO + VL - 1) / VL };
    const struct group_part p = group_part(item, items, s->n, VECTORS);
    const int low = p.low*VL, high = p.high*VL < CO ? p.high*VL : CO;
    real *scratch = s->arena + SCRATCH + (size_t)thread*SCRATCH_SIZE;
    real *map = scratch + EXPANDED + EXPANDED_AT, *sums = scratch + SUMS_AT;
    real *bias = sums + KH*KW*PADDED;
    for (int k = 0; k < (KH*KW + 1)*PADDED; k++)
        sums[k] = 0;
    for (int image = p.first; image < p.last; image++) {
        const real *x = s->arena + X + (size_t)image*X_IMAGE;
        const unsigned char *argmax = (const unsigned char *)(s->arena + ARGMAX)
                                      + (size_t)image*ARGMAX_IMAGE;
        EXPAND(s->arena + DY + (size_t)image*DY_IMAGE, s->arena + Y + (size_t)image*Y_IMAGE,
               argmax, s->arena + COEFFICIENTS, map);
#if REPEAT
        PUT_REPEATED(x, scratch + REPEATED_AT, 0, REPEATED_ROWS);
        x = scratch + REPEATED_AT;
#endif
        for (int c = low; c < high; c += VL)
            for (int i = 0; i < KH; i += MH)
                for (int j = 0; j < KW; j += MW)
                    TILE(x + i*X_ROW + j*X_TAP + c, map + c, sums + (i*KW + j)*PADDED + c);
#if BIAS
        for (int r = 0; r < OH; r++)
            for (int q = 0; q < OW; q++)
                for (int c = low; c < high; c++)
                    bias[c] += map[r*G_ROW + q*CO + c];
#endif
    }
    real *dw = s->arena + PARTIALS + (size_t)p.group*GROUP_SIZE;
    for (int c = low; c < high; c++) {
        for (int k = 0; k < KH*KW; k++)
            dw[(c*KH + k / KW)*ROW + k % KW] = sums[k*PADDED + c];
        dw[CO*KH*ROW + c] = bias[c];
    }
}

#include "vector/undef.h"
