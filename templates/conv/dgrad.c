/*
** conv/dgrad.c - a convolution stage, gradient to the data: the output gradient
** is expanded into scratch, then each phase of the stride is a convolution of
** it with the flipped taps that reach the phase. Never stuffs zeros. The result
** is not masked by the activation below: whoever reads it does that. SUMS_NORM: see wino/dgrad.c.
*/
#include "vector/template.h"
#include "conv/expand.c"
#include "conv/phase.c"
#include "norm/statistics.c"   /* for norm/sums.c, which would include some of this twice */

#define NAME conv_dgrad           /* @name */
#define EXPAND conv_expand        /* @name */
#define GAPS 1                    /* @flag */
#define SUM_REPEATED 1            /* @flag */
#define SUM_IMAGE norm_statistics /* @name */
#define SUMS_NORM 1               /* @flag */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ Y = 0, Y_IMAGE = 4096, DY = 0, DY_IMAGE = 4096, DX = 0, DX_IMAGE = 16384,
           DX_SIZE = 16384, COEFFICIENTS = 0, ARGMAX = 0, ARGMAX_IMAGE = 4096, SCRATCH = 0,
           SCRATCH_SIZE = 1024, EXPANDED = 0, EXPANDED_AT = 0 };
#if !SUMS_NORM
    (void)items;
#endif
    real *map = s->arena + SCRATCH + (size_t)thread*SCRATCH_SIZE + EXPANDED;
    const unsigned char *argmax = (const unsigned char *)(s->arena + ARGMAX);
    const real *dy = s->arena + DY + (size_t)item*DY_IMAGE;
    const real *y = s->arena + Y + (size_t)item*Y_IMAGE;
    EXPAND(dy, y, argmax + (size_t)item*ARGMAX_IMAGE, s->arena + COEFFICIENTS, map + EXPANDED_AT);
#if SUM_REPEATED
    enum { /* @sizes */ REPEATED_AT = 0, MULTIPLIER = 2 };
    real *dx = s->arena + SCRATCH + (size_t)thread*SCRATCH_SIZE + REPEATED_AT;
#else
    real *dx = s->arena + DX + (size_t)item*DX_IMAGE;
#endif
    (void)dx;
#if GAPS
    for (int k = 0; k < DX_SIZE; k++)
        dx[k] = 0;
#endif
    /* @here phases */
#if SUM_REPEATED
    /* Of each of a channel's filters, one after the other. */
    real *sum = s->arena + DX + (size_t)item*DX_IMAGE;
    for (int k = 0; k < DX_SIZE / MULTIPLIER; k++) {
        real all = dx[k*MULTIPLIER];
        for (int t = 1; t < MULTIPLIER; t++)
            all += dx[k*MULTIPLIER + t];
        sum[k] = all;
    }
#endif
#if SUMS_NORM
    SUM_IMAGE(s, item, items, thread);
#endif
}

#include "vector/undef.h"
