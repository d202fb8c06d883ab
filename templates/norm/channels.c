/*
** norm/channels.c - a batch's mean and variance from those of its images' blocks of BLOCK_PIXELS
** pixels, in their order (Chan, Golub, LeVeque, "Updating formulae and a pairwise
** algorithm", 1979), and the running ones; in evaluation the running ones count. Writes for
** LANES channels what the passes over the maps need, COUNT values each: mean,
** 1/sqrt(var + eps), gamma/sqrt(var + eps), beta; norm/update.c adds two. For all stages of
** one shape.
*/
#include "vector/template.h"

#define NAME norm_channels   /* @name */
#define MOMENTUM 0.9         /* @name */
#define EPS 1e-5             /* @name */
#define SCALE 1              /* @flag */

static inline void NAME(const struct step *s, int item, const real *moments, const real *gamma,
                        const real *beta, real *running_mean, real *running_var,
                        real *coefficient)
{
    enum { /* @sizes */ C = 17, MOMENT_BLOCKS = 1, BLOCK_PIXELS = 1024, COUNT = 32 };
    const int first = item*LANES, last = first + LANES < C ? first + LANES : C;
    double mean[LANES] = { 0 }, var[LANES] = { 0 };
    if (s->mode != MODE_EVAL) {
        for (int i = 0; i < s->n*MOMENT_BLOCKS; i++) {
            const real *block = moments + (size_t)i*2*COUNT;
            const double share = 1.0 / (i + 1), apart = (double)BLOCK_PIXELS*i*share;
            for (int c = first; c < last; c++) {
                double d = (double)block[c] - mean[c - first];
                mean[c - first] += d*share;
                var[c - first] += (double)block[COUNT + c] + d*d*apart;
            }
        }
        for (int c = first; c < last; c++)
            var[c - first] /= (double)BLOCK_PIXELS*MOMENT_BLOCKS*s->n;
    } else {
        for (int c = first; c < last; c++) {
            mean[c - first] = (double)running_mean[c];
            var[c - first] = (double)running_var[c];
        }
    }
    for (int c = first; c < last; c++) {
        const double m = mean[c - first], v = var[c - first], scale = 1 / sqrt(v + EPS);
        if (s->mode == MODE_TRAIN) {
            running_mean[c] = (real)(MOMENTUM*(double)running_mean[c] + (1 - MOMENTUM)*m);
            running_var[c] = (real)(MOMENTUM*(double)running_var[c] + (1 - MOMENTUM)*v);
        }
        coefficient[c] = (real)m;
        coefficient[COUNT + c] = (real)scale;
#if SCALE
        coefficient[2*COUNT + c] = (real)((double)gamma[c]*scale);
#else
        (void)gamma;
        coefficient[2*COUNT + c] = (real)scale;
#endif
        coefficient[3*COUNT + c] = beta[c];
    }
}

#include "vector/undef.h"
