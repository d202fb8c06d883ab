/*
** deconv/fwd.c - a deconv stage, forward: the data gradient of the convolution that it is the
** transpose of, with a bias and pointwise operations. Each phase of the stride is a convolution of
** the input with the flipped taps that reach the phase. An image may be cut into parts (bands of
** each phase's rows) when threads outnumber images.
*/
#include "vector/template.h"
#include "deconv/phase.c"

#define NAME deconv_fwd      /* @name */
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
    /* Some outputs no tap reaches. */
    enum { /* @sizes */ OH = 16, OW = 16, C = 16, Y_ROW = 256 };
    for (int r = 0; r < OH; r++)
        for (int p = 0; p < OW; p++) {
            for (int c = 0; c < C; c += VL) { /* @tail */
#if BIAS
                vec v = v_load(bias + c);
#else
                vec v = v_zero();
#endif
                /* @epilogue v */
                v_store(y + r*Y_ROW + p*C + c, v);
            }
        }
#endif
    /* @here phases */
    (void)x;
    (void)y;
    (void)bias;
    (void)part;
}

#include "vector/undef.h"
