/*
** pointwise/prelu_update.c - PReLU: the slopes of LANES channels an item, by the images'
** sums, added in their order.
*/
#include "vector/template.h"

#define NAME prelu_update    /* @name */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ MOMENTS = 0, COUNT = 16, W = 0, W_M = 0, W_V = 0, W_RULE = 0 };
    (void)items;
    (void)thread;
    const int first = item*LANES;
    double sum[LANES] = { 0 };
    real gradient[LANES];
    for (int i = 0; i < s->n; i++)
        for (int c = 0; c < LANES; c++)
            sum[c] += (double)s->arena[MOMENTS + (size_t)i*COUNT + (size_t)(first + c)];
    for (int c = 0; c < LANES; c++)
        gradient[c] = (real)sum[c];
    const struct rule *rule = s->rule + W_RULE;
    rule->update(s->arena + W + first, s->arena + W_M + first, s->arena + W_V + first, gradient,
                 LANES, &rule->hyper);
}

#include "vector/undef.h"
