/*
** norm_update.c - batch normalisation, backward: adds the images' sums in their order;
** they are the gradients of gamma and beta, which are updated, and give the two numbers
** a channel that the data gradient takes from every value. With statistics that are not
** the batch's (evaluation) nothing is taken.
*/
#include "template.h"

#define NAME norm_update     /* @name */
#define SCALE 1              /* @flag */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ C = 17, PIXELS = 1024, MOMENTS = 0, COUNT = 32, COEFFICIENTS = 0, G = 0,
           G_M = 0, G_V = 0, G_RULE = 0, B = 0, B_M = 0, B_V = 0, B_RULE = 0 };
    (void)items;
    (void)thread;
    const int first = item*LANES, last = first + LANES < C ? first + LANES : C;
    real *coefficient = s->arena + COEFFICIENTS;
    double sum[LANES] = { 0 }, product[LANES] = { 0 };
    for (int i = 0; i < s->n; i++) {
        const real *image = s->arena + MOMENTS + (size_t)i*2*COUNT;
        for (int c = first; c < last; c++) {
            sum[c - first] += (double)image[c];
            product[c - first] += (double)image[COUNT + c];
        }
    }
    const double share = s->mode == MODE_EVAL ? 0 : 1 / ((double)PIXELS*s->n);
    real beta[LANES] = { 0 };
#if SCALE
    real gamma[LANES] = { 0 };
#endif
    for (int c = first; c < last; c++) {
        const double scale = (double)coefficient[COUNT + c];
        coefficient[4*COUNT + c] = (real)(sum[c - first]*share);
        coefficient[5*COUNT + c] = (real)(product[c - first]*scale*scale*share);
        beta[c - first] = (real)sum[c - first];
#if SCALE
        gamma[c - first] = (real)(product[c - first]*scale);
#endif
    }
    const struct rule *rule = s->rule + B_RULE;
    rule->update(s->arena + B + first, s->arena + B_M + first, s->arena + B_V + first, beta,
                 LANES, &rule->hyper);
#if SCALE
    rule = s->rule + G_RULE;
    rule->update(s->arena + G + first, s->arena + G_M + first, s->arena + G_V + first, gamma,
                 LANES, &rule->hyper);
#endif
}

#include "undef.h"
