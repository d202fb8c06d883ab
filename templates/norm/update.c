/*
** norm/update.c - batch normalisation, backward: gamma and beta of LANES channels an item.
*/
#include "vector/template.h"
#include "norm/parameters.c"

#define NAME norm_update     /* @name */
#define PARAMETERS norm_parameters   /* @name */
#define SCALE 1              /* @flag */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ MOMENTS = 0, COEFFICIENTS = 0, B = 0, B_M = 0, B_V = 0, B_RULE = 0 };
#if SCALE
    enum { /* @sizes */ G = 0, G_M = 0, G_V = 0, G_RULE = 0 };
#endif
    (void)items;
    (void)thread;
    const int first = item*LANES;
    real beta[LANES] = { 0 }, gamma[LANES] = { 0 };
    PARAMETERS(s, item, s->arena + MOMENTS, s->arena + COEFFICIENTS, beta, gamma);
    const struct rule *rule = s->rule + B_RULE;
    rule->update(s->arena + B + first, s->arena + B_M + first, s->arena + B_V + first, beta,
                 LANES, &rule->hyper);
#if SCALE
    rule = s->rule + G_RULE;
    rule->update(s->arena + G + first, s->arena + G_M + first, s->arena + G_V + first, gamma,
                 LANES, &rule->hyper);
#endif
}

#include "vector/undef.h"
