/*
** deconv/fold.c - the filters of up to FILTERS input channels of a deconv with the batchnorm after
** it in their weights, packed for inference: each output channel times its factor. Written in
** scratch, which no region uses meanwhile.
*/
#include "vector/template.h"
#include "norm/fold.c"
#include "conv/pack.c"

#define NAME deconv_fold     /* @name */
#define FACTOR norm_fold     /* @name */

static void NAME(real *arena, int first)
{
    enum { /* @sizes */ HEAD_W = 0, CO = 16, CI = 16, FILTERS = 16, KH = 3, KW = 3, ROW = 48,
           SCRATCH = 0, FILTERS_AT = 0 };
    enum { FILTER_SIZE = KH*ROW };
    const int n = CO - first < FILTERS ? CO - first : FILTERS;
    const real *w = arena + HEAD_W + (size_t)first*FILTER_SIZE;
    real *filters = arena + SCRATCH + FILTERS_AT;      /* the first thread's */
    for (int c = 0; c < CI; c++) {
        const double factor = FACTOR(arena, c);
        for (int f = 0; f < n; f++)
            for (int ky = 0; ky < KH; ky++)
                for (int kx = 0; kx < KW; kx++) {
                    const int k = f*FILTER_SIZE + ky*ROW + kx*CI + c;
                    filters[k] = (real)((double)w[k]*factor);
                }
    }
    /* @here packs */
}

#include "vector/undef.h"
