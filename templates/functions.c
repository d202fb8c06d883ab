/*
** functions.c - what a model points to beside its regions (core/model.h).
** EXACT: whether the kernels compute as C says. clang's -ffp-contract=fast makes one operation of a
** product and a sum wherever the target has it: no pragma takes that back, no macro tells.
** PEAK: fused multiply-adds without memory, what `bench` calls the peak.
** PACK_ALL, FOLD_ALL: what follows from a parameter's values, for its sweeps and for inference.
*/
#include "vector/template.h"

#define EXACT exact          /* @name */
#define PEAK peak            /* @name */
#define PACK_ALL pack        /* @name */
#define FOLD_ALL fold        /* @name */

/* one, small: 1 and a number whose square a product with 1 loses, unknown to the compiler. */
static int EXACT(real one, real small)
{
    real lanes[VL], more = one + small, less = one - small;
    v_store(lanes, v_sub(v_mul(v_set1(more), v_set1(less)), v_set1(one)));
    return lanes[0] == 0 && more*less - one == 0;
}

static double PEAK(long rounds)
{
    enum { /* @sizes */ CHAINS = 8 };
    vec acc[CHAINS];
    /* Chains that differ: equal ones would be merged. */
    UNROLL for (int k = 0; k < CHAINS; k++)
        acc[k] = v_set1(k);
    const vec a = v_set1((real)0.999), b = v_set1((real)0.001);
    for (long r = 0; r < rounds; r++) {
        UNROLL for (int k = 0; k < CHAINS; k++)
            acc[k] = v_fma(acc[k], a, b);
        v_keep();
    }
    real sum[VL];
    UNROLL for (int k = 1; k < CHAINS; k++)
        acc[0] = v_add(acc[0], acc[k]);
    v_store(sum, acc[0]);
    /* The sum is never negative; asking keeps the loop from being removed. */
    return sum[0] < 0 ? 0 : 2.0*VL*CHAINS*(double)rounds;
}

static void PACK_ALL(const struct step *s, int param)
{
    (void)s;
    (void)param;
    /* @here pack */
}

static void FOLD_ALL(const struct step *s)
{
    (void)s;
    /* @here fold */
}

#include "vector/undef.h"
