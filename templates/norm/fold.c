/*
** norm/fold.c - what a batchnorm with running statistics makes of the channel before it,
** for inference: returns the factor of its weights, gamma/sqrt(running_var + eps), and
** writes its bias, (bias - running_mean)*factor + beta. In double, rounded once.
*/
#include "vector/template.h"

#define NAME norm_fold       /* @name */
#define EPS 1e-5             /* @name */
#define SCALE 1              /* @flag */
#define BIAS 1               /* @flag */

static inline double NAME(real *arena, int c)
{
    enum { /* @sizes */ HEAD_B = 0, B = 0, GAMMA = 0, BETA = 0, RUNNING_MEAN = 0,
           RUNNING_VAR = 0 };
    double factor = 1 / sqrt((double)arena[RUNNING_VAR + c] + EPS), bias = 0;
#if SCALE
    factor *= (double)arena[GAMMA + c];
#endif
#if BIAS
    bias = (double)arena[HEAD_B + c];
#endif
    bias = (bias - (double)arena[RUNNING_MEAN + c])*factor + (double)arena[BETA + c];
    arena[B + c] = (real)bias;
    return factor;
}

#include "vector/undef.h"
