/*
** affine/bias.c - the bias of an affine stage whose output gradients are dense: LANES units an
** item, sums over the images in order, and the update.
*/
#include "vector/template.h"

#define NAME affine_bias     /* @name */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ UNITS = 500, DY = 0, DY_IMAGE = 512, B = 0, B_M = 0, B_V = 0,
           B_RULE = 0 };
    (void)items;
    (void)thread;
    const int first = item*LANES, n = UNITS - first < LANES ? UNITS - first : LANES;
    const real *dy = s->arena + DY + first;
    const struct rule *rule = s->rule + B_RULE;
    real db[LANES] = { 0 };
    for (int i = 0; i < s->n; i++)
        for (int u = 0; u < n; u++)
            db[u] += dy[(size_t)i*DY_IMAGE + u];
    rule->update(s->arena + B + first, s->arena + B_M + first, s->arena + B_V + first, db, LANES,
                 &rule->hyper);
}

#include "vector/undef.h"
