/*
** peak.c - fused multiply-adds without memory: what `bench` calls the peak.
*/
#include "vector/template.h"

#define NAME peak            /* @name */

static double NAME(long rounds)
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

#include "vector/undef.h"
