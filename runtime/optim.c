/*
** optim.c - the optimizers, the only place where their formulas are written.
** Written in the SIMD vocabulary and emitted once per instruction set; each is
** an update_fn (model.h): count values, a multiple of LANES, in place.
**
** Every value below TINY is set to 0, and TINY2 for second moments, so that
** nothing ever becomes denormal: x86 and ARM disagree there, and a trained
** network slows down many times. A second moment is a square, hence the smaller
** limit: at 2^-64 it would swallow gradients of 7e-9, which Adam scales up to
** whole steps.
*/
#include "../templates/template.h"

#define OPTIM_TINY ((real)0x1p-64)
#define OPTIM_TINY2 ((real)0x1p-100)

/* Adds the squares of LANES values to 16 virtual lanes: lane l takes w[l]. */
static inline void optim_square(vec *lanes, const real *w)
{
    for (int l = 0; l < LANES / VL; l++)
        lanes[l] = v_fma(v_load(w + l*VL), v_load(w + l*VL), lanes[l]);
}

/* Gradient with the L2 term, as the course defines it: g + reg*w. */
static double optim_store(real *w, real *m, real *v, const real *g, size_t count,
                          const struct hyper *h, real reg)
{
    (void)v;
    (void)h;
    vec lanes[LANES / VL];
    for (int l = 0; l < LANES / VL; l++)
        lanes[l] = v_zero();
    for (size_t k = 0; k < count; k += LANES) {
        optim_square(lanes, w + k);
        for (int l = 0; l < LANES; l += VL)
            v_store(m + k + l, v_fma(v_set1(reg), v_load(w + k + l), v_load(g + k + l)));
    }
    return (double)v_sum(lanes);
}

/* w -= lr*g */
static double optim_sgd(real *w, real *m, real *v, const real *g, size_t count,
                        const struct hyper *h, real reg)
{
    (void)m;
    (void)v;
    const vec step = v_set1(-h->lr);
    vec lanes[LANES / VL];
    for (int l = 0; l < LANES / VL; l++)
        lanes[l] = v_zero();
    for (size_t k = 0; k < count; k += LANES) {
        optim_square(lanes, w + k);
        for (int l = 0; l < LANES; l += VL) {
            vec weight = v_load(w + k + l);
            vec grad = v_flush(v_fma(v_set1(reg), weight, v_load(g + k + l)), OPTIM_TINY);
            v_store(w + k + l, v_flush(v_fma(step, grad, weight), OPTIM_TINY));
        }
    }
    return (double)v_sum(lanes);
}

/*
** Adam (Kingma and Ba, arXiv:1412.6980, algorithm 1), as in CS231n:
** m = b1*m + (1-b1)*g, v = b2*v + (1-b2)*g*g,
** w -= lr*(m/(1-b1^t)) / (sqrt(v/(1-b2^t)) + eps).
*/
static double optim_adam(real *w, real *m, real *v, const real *g, size_t count,
                         const struct hyper *h, real reg)
{
    const vec beta1 = v_set1(h->beta1), rest1 = v_set1(h->rest1);
    const vec beta2 = v_set1(h->beta2), rest2 = v_set1(h->rest2);
    const vec step = v_set1(-h->step), unbias2 = v_set1(h->unbias2), eps = v_set1(h->eps);
    const vec strength = v_set1(reg);
    vec lanes[LANES / VL];
    for (int l = 0; l < LANES / VL; l++)
        lanes[l] = v_zero();
    for (size_t k = 0; k < count; k += LANES) {
        optim_square(lanes, w + k);
        for (int l = 0; l < LANES; l += VL) {
            vec weight = v_load(w + k + l);
            vec grad = v_flush(v_fma(strength, weight, v_load(g + k + l)), OPTIM_TINY);
            vec first = v_fma(beta1, v_load(m + k + l), v_mul(rest1, grad));
            vec second = v_fma(beta2, v_load(v + k + l), v_mul(v_mul(rest2, grad), grad));
            first = v_flush(first, OPTIM_TINY);
            second = v_flush(second, OPTIM_TINY2);
            v_store(m + k + l, first);
            v_store(v + k + l, second);
            vec scale = v_add(v_sqrt(v_mul(second, unbias2)), eps);
            weight = v_fma(step, v_div(first, scale), weight);
            v_store(w + k + l, v_flush(weight, OPTIM_TINY));
        }
    }
    return (double)v_sum(lanes);
}
