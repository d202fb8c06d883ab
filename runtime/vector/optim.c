/*
** optim.c - the optimizers, the only place where their formulas are written: for each one its
** step, what VL weights are after one update, given their gradient with the L2 term; m and v,
** their first and second moments, are brought up to date in place. Written in the SIMD
** vocabulary and emitted once per instruction set; the loop over a parameter is
** templates/update.c.
**
** Every value below TINY is set to 0, and TINY2 for second moments, so that
** nothing ever becomes denormal: x86 and ARM disagree there, and a trained
** network slows down many times. A second moment is a square, hence the smaller
** limit: at 2^-64 it would swallow gradients of 7e-9, which Adam scales up to
** whole steps.
*/
#include "vector/template.h"

#define OPTIM_TINY ((real)0x1p-64)
#define OPTIM_TINY2 ((real)0x1p-100)

static inline void optim_clear(vec *lanes)
{
    for (int l = 0; l < LANES / VL; l++)
        lanes[l] = v_zero();
}

/* Adds the squares of LANES values to 16 virtual lanes: lane l takes w[l]. */
static inline void optim_square(vec *lanes, const real *w)
{
    for (int l = 0; l < LANES / VL; l++)
        lanes[l] = v_fma(v_load(w + l*VL), v_load(w + l*VL), lanes[l]);
}

/* No optimizer: keeps the gradient with its L2 term, as it is, in m. */
static double optim_store(real *w, real *m, real *v, const real *g, size_t count,
                          const struct hyper *h)
{
    (void)v;
    const vec reg = v_set1(h->reg);
    vec lanes[LANES / VL];
    optim_clear(lanes);
    for (size_t k = 0; k < count; k += LANES) {
        optim_square(lanes, w + k);
        for (int l = 0; l < LANES; l += VL)
            v_store(m + k + l, v_fma(reg, v_load(w + k + l), v_load(g + k + l)));
    }
    return (double)v_sum(lanes);
}

/* w -= lr*g */
static inline vec optim_sgd_step(vec w, vec g, real *m, real *v, const struct hyper *h)
{
    (void)m;
    (void)v;
    return v_fma(v_set1(-h->lr), g, w);
}

/* v = momentum*v - lr*g, w += v (the course's sgd_momentum; m holds its v) */
static inline vec optim_momentum_step(vec w, vec g, real *m, real *v, const struct hyper *h)
{
    (void)v;
    vec velocity = v_fma(v_set1(h->beta1), v_load(m), v_mul(v_set1(-h->lr), g));
    velocity = v_flush(velocity, OPTIM_TINY);
    v_store(m, velocity);
    return v_add(w, velocity);
}

/*
** v' = momentum*v - lr*g, w += -momentum*v + (1+momentum)*v', as in the course
** (sgd_nesterov_momentum), which is momentum*v' - lr*g.
*/
static inline vec optim_nesterov_step(vec w, vec g, real *m, real *v, const struct hyper *h)
{
    (void)v;
    const vec momentum = v_set1(h->beta1), down = v_mul(v_set1(-h->lr), g);
    vec velocity = v_flush(v_fma(momentum, v_load(m), down), OPTIM_TINY);
    v_store(m, velocity);
    return v_add(w, v_fma(momentum, velocity, down));
}

/* w - lr*g/(sqrt(a) + eps) */
static inline vec optim_scaled(vec w, vec g, vec squares, const struct hyper *h)
{
    return v_fma(v_set1(-h->lr), v_div(g, v_add(v_sqrt(squares), v_set1(h->eps))), w);
}

/* a += g*g, w -= lr*g/(sqrt(a) + eps) (Duchi, Hazan, Singer, JMLR 12, 2011) */
static inline vec optim_adagrad_step(vec w, vec g, real *m, real *v, const struct hyper *h)
{
    (void)m;
    vec squares = v_flush(v_fma(g, g, v_load(v)), OPTIM_TINY2);
    v_store(v, squares);
    return optim_scaled(w, g, squares, h);
}

/* a = decay*a + (1-decay)*g*g, w -= lr*g/(sqrt(a) + eps) (Tieleman and Hinton, 2012) */
static inline vec optim_rmsprop_step(vec w, vec g, real *m, real *v, const struct hyper *h)
{
    (void)m;
    vec squares = v_mul(v_mul(v_set1(h->rest2), g), g);
    squares = v_flush(v_fma(v_set1(h->beta2), v_load(v), squares), OPTIM_TINY2);
    v_store(v, squares);
    return optim_scaled(w, g, squares, h);
}

/*
** Adam (Kingma and Ba, arXiv:1412.6980, algorithm 1), as in CS231n:
** m = b1*m + (1-b1)*g, v = b2*v + (1-b2)*g*g,
** w -= lr*(m/(1-b1^t)) / (sqrt(v/(1-b2^t)) + eps).
*/
static inline vec optim_adam_step(vec w, vec g, real *m, real *v, const struct hyper *h)
{
    vec first = v_fma(v_set1(h->beta1), v_load(m), v_mul(v_set1(h->rest1), g));
    vec second = v_mul(v_mul(v_set1(h->rest2), g), g);
    second = v_flush(v_fma(v_set1(h->beta2), v_load(v), second), OPTIM_TINY2);
    first = v_flush(first, OPTIM_TINY);
    v_store(m, first);
    v_store(v, second);
    vec scale = v_add(v_sqrt(v_mul(second, v_set1(h->unbias2))), v_set1(h->eps));
    return v_fma(v_set1(-h->step), v_div(first, scale), w);
}

/* w *= 1 - lr*weight_decay, then Adam (Loshchilov and Hutter, arXiv:1711.05101) */
static inline vec optim_adamw_step(vec w, vec g, real *m, real *v, const struct hyper *h)
{
    return optim_adam_step(v_mul(v_set1(h->keep), w), g, m, v, h);
}
