/*
** norm/parameters.c - batch normalisation, backward: the gradients of LANES channels' gamma and
** beta, which are the images' sums, added in their order; and the two numbers a channel that
** the data gradient takes from every value. With statistics that are not the batch's
** (evaluation) nothing is taken. For all stages of one shape.
*/
#include "vector/template.h"

#define NAME norm_parameters /* @name */
#define SCALE 1              /* @flag */

static inline void NAME(const struct step *s, int item, const real *moments, real *coefficient,
                        real *beta /* [LANES] */, real *gamma)
{
    enum { /* @sizes */ C = 17, PIXELS = 1024, COUNT = 32 };
    const int first = item*LANES, last = first + LANES < C ? first + LANES : C;
#if !SCALE
    (void)gamma;
#endif
    double sum[LANES] = { 0 }, product[LANES] = { 0 };
    for (int i = 0; i < s->n; i++) {
        const real *image = moments + (size_t)i*2*COUNT;
        for (int c = first; c < last; c++) {
            sum[c - first] += (double)image[c];
            product[c - first] += (double)image[COUNT + c];
        }
    }
    const double share = s->mode == MODE_EVAL ? 0 : 1 / ((double)PIXELS*s->n);
    for (int c = first; c < last; c++) {
        const double scale = (double)coefficient[COUNT + c];
        coefficient[4*COUNT + c] = (real)(sum[c - first]*share);
        coefficient[5*COUNT + c] = (real)(product[c - first]*scale*scale*share);
        beta[c - first] = (real)sum[c - first];
#if SCALE
        gamma[c - first] = (real)(product[c - first]*scale);
#endif
    }
}

#include "vector/undef.h"
