/*
** update.c - one optimizer's update of a parameter, an update_fn (core/model.h): its step
** (runtime/vector/optim.c) over all values, LANES at a time. The gradient that a step gets has
** the L2 term, as the course defines it: g + reg*w.
*/
#include "vector/optim.c"

#define NAME optim_sgd          /* @name */
#define ONE_STEP optim_sgd_step /* @name */

static double NAME(real *w, real *m, real *v, const real *g, size_t count,
                   const struct hyper *h)
{
    const struct hyper own = *h;        /* nothing the loop stores can alias it */
    const vec reg = v_set1(own.reg);
    vec lanes[LANES / VL];
    optim_clear(lanes);
    for (size_t k = 0; k < count; k += LANES) {
        optim_square(lanes, w + k);
        for (int l = 0; l < LANES; l += VL) {
            vec weight = v_load(w + k + l);
            vec grad = v_flush(v_fma(reg, weight, v_load(g + k + l)), OPTIM_TINY);
            weight = ONE_STEP(weight, grad, m + k + l, v + k + l, &own);
            v_store(w + k + l, v_flush(weight, OPTIM_TINY));
        }
    }
    return (double)v_sum(lanes);
}

#include "vector/undef.h"
