/*
** conv_fold.c - one filter of a convolution with the batchnorm behind it in its weights,
** packed for inference. Written in scratch, which no region uses meanwhile.
*/
#include "template.h"
#include "norm_fold.c"
#include "conv_pack.c"

#define NAME conv_fold       /* @name */
#define FACTOR norm_fold     /* @name */

static void NAME(real *arena, int co)
{
    enum { /* @sizes */ W = 0, FILTER = 144, FILTER_AT = 0 };
    const real *w = arena + W + (size_t)co*FILTER;
    real *filter = arena + FILTER_AT;
    const double factor = FACTOR(arena, co);
    for (int k = 0; k < FILTER; k++)
        filter[k] = (real)((double)w[k]*factor);
    /* @here packs */
}

#include "undef.h"
