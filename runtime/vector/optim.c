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
#include "vector/template.h"

#define OPTIM_TINY ((real)0x1p-64)
#define OPTIM_TINY2 ((real)0x1p-100)

/* Adds the squares of LANES values to 16 virtual lanes: lane l takes w[l]. */
static inline void optim_square(vec *lanes, const real *w)
{
    for (int l = 0; l < LANES / VL; l++)
        lanes[l] = v_fma(v_load(w + l*VL), v_load(w + l*VL), lanes[l]);
}

/* Gradient with the L2 term, as the course defines it: g + reg*w. */
static inline vec optim_gradient(const real *g, vec weight, vec reg)
{
    return v_flush(v_fma(reg, weight, v_load(g)), OPTIM_TINY);
}

static inline void optim_clear(vec *lanes)
{
    for (int l = 0; l < LANES / VL; l++)
        lanes[l] = v_zero();
}

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
static double optim_sgd(real *w, real *m, real *v, const real *g, size_t count,
                        const struct hyper *h)
{
    (void)m;
    (void)v;
    const vec step = v_set1(-h->lr), reg = v_set1(h->reg);
    vec lanes[LANES / VL];
    optim_clear(lanes);
    for (size_t k = 0; k < count; k += LANES) {
        optim_square(lanes, w + k);
        for (int l = 0; l < LANES; l += VL) {
            vec weight = v_load(w + k + l), grad = optim_gradient(g + k + l, weight, reg);
            v_store(w + k + l, v_flush(v_fma(step, grad, weight), OPTIM_TINY));
        }
    }
    return (double)v_sum(lanes);
}

/* v = momentum*v - lr*g, w += v (the course's sgd_momentum; m holds its v) */
static double optim_momentum(real *w, real *m, real *v, const real *g, size_t count,
                             const struct hyper *h)
{
    (void)v;
    const vec step = v_set1(-h->lr), momentum = v_set1(h->beta1), reg = v_set1(h->reg);
    vec lanes[LANES / VL];
    optim_clear(lanes);
    for (size_t k = 0; k < count; k += LANES) {
        optim_square(lanes, w + k);
        for (int l = 0; l < LANES; l += VL) {
            vec weight = v_load(w + k + l), grad = optim_gradient(g + k + l, weight, reg);
            vec velocity = v_fma(momentum, v_load(m + k + l), v_mul(step, grad));
            velocity = v_flush(velocity, OPTIM_TINY);
            v_store(m + k + l, velocity);
            v_store(w + k + l, v_flush(v_add(weight, velocity), OPTIM_TINY));
        }
    }
    return (double)v_sum(lanes);
}

/*
** v' = momentum*v - lr*g, w += -momentum*v + (1+momentum)*v', as in the course
** (sgd_nesterov_momentum), which is momentum*v' - lr*g.
*/
static double optim_nesterov(real *w, real *m, real *v, const real *g, size_t count,
                             const struct hyper *h)
{
    (void)v;
    const vec step = v_set1(-h->lr), momentum = v_set1(h->beta1), reg = v_set1(h->reg);
    vec lanes[LANES / VL];
    optim_clear(lanes);
    for (size_t k = 0; k < count; k += LANES) {
        optim_square(lanes, w + k);
        for (int l = 0; l < LANES; l += VL) {
            vec weight = v_load(w + k + l), grad = optim_gradient(g + k + l, weight, reg);
            vec down = v_mul(step, grad);
            vec velocity = v_flush(v_fma(momentum, v_load(m + k + l), down), OPTIM_TINY);
            v_store(m + k + l, velocity);
            weight = v_add(weight, v_fma(momentum, velocity, down));
            v_store(w + k + l, v_flush(weight, OPTIM_TINY));
        }
    }
    return (double)v_sum(lanes);
}

/* a += g*g, w -= lr*g/(sqrt(a) + eps) (Duchi, Hazan, Singer, JMLR 12, 2011) */
static double optim_adagrad(real *w, real *m, real *v, const real *g, size_t count,
                            const struct hyper *h)
{
    (void)m;
    const vec step = v_set1(-h->lr), eps = v_set1(h->eps), reg = v_set1(h->reg);
    vec lanes[LANES / VL];
    optim_clear(lanes);
    for (size_t k = 0; k < count; k += LANES) {
        optim_square(lanes, w + k);
        for (int l = 0; l < LANES; l += VL) {
            vec weight = v_load(w + k + l), grad = optim_gradient(g + k + l, weight, reg);
            vec squares = v_flush(v_fma(grad, grad, v_load(v + k + l)), OPTIM_TINY2);
            v_store(v + k + l, squares);
            weight = v_fma(step, v_div(grad, v_add(v_sqrt(squares), eps)), weight);
            v_store(w + k + l, v_flush(weight, OPTIM_TINY));
        }
    }
    return (double)v_sum(lanes);
}

/* a = decay*a + (1-decay)*g*g, w -= lr*g/(sqrt(a) + eps) (Tieleman and Hinton, 2012) */
static double optim_rmsprop(real *w, real *m, real *v, const real *g, size_t count,
                            const struct hyper *h)
{
    (void)m;
    const vec step = v_set1(-h->lr), eps = v_set1(h->eps), reg = v_set1(h->reg);
    const vec decay = v_set1(h->beta2), rest = v_set1(h->rest2);
    vec lanes[LANES / VL];
    optim_clear(lanes);
    for (size_t k = 0; k < count; k += LANES) {
        optim_square(lanes, w + k);
        for (int l = 0; l < LANES; l += VL) {
            vec weight = v_load(w + k + l), grad = optim_gradient(g + k + l, weight, reg);
            vec squares = v_fma(decay, v_load(v + k + l), v_mul(v_mul(rest, grad), grad));
            squares = v_flush(squares, OPTIM_TINY2);
            v_store(v + k + l, squares);
            weight = v_fma(step, v_div(grad, v_add(v_sqrt(squares), eps)), weight);
            v_store(w + k + l, v_flush(weight, OPTIM_TINY));
        }
    }
    return (double)v_sum(lanes);
}

/* The weight behind one step of Adam; m and v are brought up to date. */
static inline vec optim_adam_step(vec weight, vec grad, real *m, real *v, const struct hyper *h)
{
    vec first = v_fma(v_set1(h->beta1), v_load(m), v_mul(v_set1(h->rest1), grad));
    vec second = v_mul(v_mul(v_set1(h->rest2), grad), grad);
    second = v_flush(v_fma(v_set1(h->beta2), v_load(v), second), OPTIM_TINY2);
    first = v_flush(first, OPTIM_TINY);
    v_store(m, first);
    v_store(v, second);
    vec scale = v_add(v_sqrt(v_mul(second, v_set1(h->unbias2))), v_set1(h->eps));
    return v_flush(v_fma(v_set1(-h->step), v_div(first, scale), weight), OPTIM_TINY);
}

/*
** Adam (Kingma and Ba, arXiv:1412.6980, algorithm 1), as in CS231n:
** m = b1*m + (1-b1)*g, v = b2*v + (1-b2)*g*g,
** w -= lr*(m/(1-b1^t)) / (sqrt(v/(1-b2^t)) + eps).
*/
static double optim_adam(real *w, real *m, real *v, const real *g, size_t count,
                         const struct hyper *h)
{
    const vec reg = v_set1(h->reg);
    const struct hyper own = *h;        /* nothing the loop stores can alias it */
    vec lanes[LANES / VL];
    optim_clear(lanes);
    for (size_t k = 0; k < count; k += LANES) {
        optim_square(lanes, w + k);
        for (int l = 0; l < LANES; l += VL) {
            vec weight = v_load(w + k + l), grad = optim_gradient(g + k + l, weight, reg);
            v_store(w + k + l, optim_adam_step(weight, grad, m + k + l, v + k + l, &own));
        }
    }
    return (double)v_sum(lanes);
}

/* w *= 1 - lr*weight_decay, then Adam (Loshchilov and Hutter, arXiv:1711.05101) */
static double optim_adamw(real *w, real *m, real *v, const real *g, size_t count,
                          const struct hyper *h)
{
    const vec reg = v_set1(h->reg), keep = v_set1(h->keep);
    const struct hyper own = *h;
    vec lanes[LANES / VL];
    optim_clear(lanes);
    for (size_t k = 0; k < count; k += LANES) {
        optim_square(lanes, w + k);
        for (int l = 0; l < LANES; l += VL) {
            vec weight = v_load(w + k + l), grad = optim_gradient(g + k + l, weight, reg);
            weight = v_mul(keep, weight);
            v_store(w + k + l, optim_adam_step(weight, grad, m + k + l, v + k + l, &own));
        }
    }
    return (double)v_sum(lanes);
}
