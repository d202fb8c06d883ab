/*
** conv/update.c - a convolution stage's parameters, FILTERS filters an item: adds
** the groups' gradients in order, hands them to the optimizer, packs the new
** weights for forward and backward. PACK is also called after parameters were
** changed from outside.
*/
#include "vector/template.h"
#include "conv/pack.c"

#define NAME conv_update     /* @name */
#define PACK conv_pack_all   /* @name */
#define BIAS 1               /* @flag */

/* n filters, the first of them a multiple of LANES. */
static inline void PACK(real *arena, int first, int n)
{
    enum { /* @sizes */ W = 0, FILTER_SIZE = 144 };
    const real *filters = arena + W + (size_t)first*FILTER_SIZE;
    (void)filters;
    (void)n;
    /* @here packs */
}

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ CO = 16, FILTERS = 16, KH = 3, ROW = 48, COLUMNS = 48, PARTIALS = 0,
           GROUP_SIZE = 2320, W = 0, W_M = 0, W_V = 0, B = 0, B_M = 0, B_V = 0, W_RULE = 0,
           B_RULE = 0, SUMSQ = 0, SCRATCH = 0, SCRATCH_SIZE = 1024, GRADIENT_AT = 0 };
    enum { FILTER_SIZE = KH*ROW };
    (void)items;
    int groups = groups_of(s->n);
    int first = item*FILTERS, last = first + FILTERS < CO ? first + FILTERS : CO;
    const real *partial = s->arena + PARTIALS;
    real *g = s->arena + SCRATCH + (size_t)thread*SCRATCH_SIZE + GRADIENT_AT;
    const struct rule *rule = s->rule + W_RULE;
#if BIAS
    real gb[FILTERS] = { 0 };
#endif
    double sumsq = 0;
    for (int k = 0; k < FILTER_SIZE; k++)
        g[k] = 0;
    for (int co = first; co < last; co++) {
        size_t at = (size_t)co*FILTER_SIZE;
        for (int ky = 0; ky < KH; ky++) {
            const real *p = partial + at + ky*ROW;
            for (int k = 0; k < COLUMNS; k += VL) { /* @tail */
                vec sum = v_load(p + k);
                for (int group = 1; group < groups; group++)
                    sum = v_add(sum, v_load(p + (size_t)group*GROUP_SIZE + k));
                v_store(g + ky*ROW + k, sum);
            }
        }
#if BIAS
        for (int group = 0; group < groups; group++)
            gb[co - first] += partial[(size_t)group*GROUP_SIZE + CO*FILTER_SIZE + co];
#endif
        sumsq += rule->update(s->arena + W + at, s->arena + W_M + at, s->arena + W_V + at, g,
                              FILTER_SIZE, &rule->hyper);
    }
    PACK(s->arena, first, last - first);
    s->sumsq[SUMSQ + item] = sumsq;
#if BIAS
    rule = s->rule + B_RULE;
    rule->update(s->arena + B + first, s->arena + B_M + first, s->arena + B_V + first, gb,
                 FILTERS, &rule->hyper);
#endif
}

#include "vector/undef.h"
