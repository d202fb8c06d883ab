/*
** conv/fold.c - up to FILTERS filters of a convolution with the batchnorm after it in their
** weights, packed for inference. Written in scratch, which no region uses meanwhile.
*/
#include "vector/template.h"
#include "norm/fold.c"
#include "conv/pack.c"

#define NAME conv_fold       /* @name */
#define FACTOR norm_fold     /* @name */

static void NAME(real *arena, int first)
{
    enum { /* @sizes */ HEAD_W = 0, CO = 16, FILTERS = 16, FILTER_SIZE = 144, SCRATCH = 0,
           FILTERS_AT = 0 };
    const int n = CO - first < FILTERS ? CO - first : FILTERS;
    const real *w = arena + HEAD_W + (size_t)first*FILTER_SIZE;
    real *filters = arena + SCRATCH + FILTERS_AT;      /* the first thread's */
    for (int f = 0; f < n; f++) {
        const double factor = FACTOR(arena, first + f);
        for (int k = 0; k < FILTER_SIZE; k++)
            filters[f*FILTER_SIZE + k] = (real)((double)w[f*FILTER_SIZE + k]*factor);
    }
    /* @here packs */
}

#include "vector/undef.h"
