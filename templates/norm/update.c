/*
** norm/update.c - batch normalisation, backward: gamma and beta of LANES channels an item.
*/
#include "vector/template.h"
#include "norm/parameters.c"

#define NAME norm_update           /* @name */
#define PARAMETERS norm_parameters /* @name */
#define SCALE 1                    /* @flag */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ MOMENTS = 0, COEFFICIENTS = 0, BETA = 0, BETA_M = 0, BETA_V = 0,
           BETA_RULE = 0 };
#if SCALE
    enum { /* @sizes */ GAMMA = 0, GAMMA_M = 0, GAMMA_V = 0, GAMMA_RULE = 0 };
#endif
    (void)items;
    (void)thread;
    const int first = item*LANES;
    real beta[LANES] = { 0 }, gamma[LANES] = { 0 };
    PARAMETERS(s, item, s->arena + MOMENTS, s->arena + COEFFICIENTS, beta, gamma);
    const struct rule *rule = s->rule + BETA_RULE;
    rule->update(s->arena + BETA + first, s->arena + BETA_M + first, s->arena + BETA_V + first,
                 beta, LANES, &rule->hyper);
#if SCALE
    rule = s->rule + GAMMA_RULE;
    rule->update(s->arena + GAMMA + first, s->arena + GAMMA_M + first, s->arena + GAMMA_V + first,
                 gamma, LANES, &rule->hyper);
#endif
}

#include "vector/undef.h"
