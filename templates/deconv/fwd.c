/*
** deconv/fwd.c - a deconv stage, forward: the data gradient of the convolution that it is the
** transpose of, with a bias and pointwise operations. Each phase of the stride is a convolution of
** the input with the flipped taps that reach the phase. An image may be cut into parts (bands of
** each phase's rows) when threads outnumber images.
*/
#include "vector/template.h"
#include "deconv/gaps.c"
#include "deconv/phase.c"

#define NAME deconv_fwd      /* @name */
#define FILL_GAPS deconv_gaps        /* @name */
#define BIAS 1               /* @flag */
#define GAPS 1               /* @flag */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 18496, Y = 18496, Y_IMAGE = 4096, B = 0 };
    (void)thread;
#if BIAS
    const real *bias = s->arena + B;
#else
    const real *bias = NULL;
#endif
    int parts = items / s->n, image = item / parts, part = item % parts;
    const real *x = s->arena + X + (size_t)image*X_IMAGE;
    real *y = s->arena + Y + (size_t)image*Y_IMAGE;
#if GAPS
    FILL_GAPS(bias, y);
#endif
    /* @here phases */
    (void)x;
    (void)y;
    (void)bias;
    (void)part;
}

#include "vector/undef.h"
