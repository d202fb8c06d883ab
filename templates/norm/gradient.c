/*
** norm/gradient.c - the gradient of VL normalised values, before the pointwise layer
** after them: from that layer's output, or from its input, which is computed again (its
** sign is the output's, so layers that have a kink at 0 need no more).
*/
#include "vector/template.h"

#define NAME norm_gradient   /* @name */
#define POINTWISE 1          /* @flag */
#define BY_OUTPUT 1          /* @flag */

static inline vec NAME(vec g, vec centred, vec factor, vec beta, vec y)
{
#if POINTWISE
#if BY_OUTPUT
    const vec a = y;
#else
    const vec a = v_fma(centred, factor, beta);
#endif
    (void)a;
#endif
    (void)centred;
    (void)factor;
    (void)beta;
    (void)y;
    /* @epilogue g */
    return g;
}

#include "vector/undef.h"
