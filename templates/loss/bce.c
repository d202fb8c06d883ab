/*
** loss/bce.c - the binary cross entropy of one image's scores and its gradient, times `scale`.
** With p = 1/(1 + e^-s): loss = sum(-t*log(p) - (1 - t)*log(1 - p)) / values, which is
** max(s, 0) - s*t + log(1 + e^-|s|), and ds = (p - t) / values. Where t*log(p) counts W times as
** much, (W - 1)*t*(max(-s, 0) + log(1 + e^-|s|)) is added, and (W - 1)*t*(p - 1) / values.
*/
#include "vector/template.h"

#define NAME bce_one         /* @name */

/* Returns the loss; ds: whole lanes, those past the values stay 0. */
static inline real NAME(const real *scores, real *ds, const real *target /* [classes] */,
                        const real *weight /* [classes]: W of each score, or NULL */, real scale)
{
    enum { /* @sizes */ CLASSES = 10, LV = 16 };
    const vec factor = v_set1(scale / CLASSES);
    for (int j = 0; j < CLASSES; j += VL) { /* @tail */
        vec s = v_load(scores + j);
        v_store(ds + j, v_add(v_sub(v_relu(s), v_mul(s, v_load(target + j))), v_log1p_exp(s)));
    }
    if (weight) {
        for (int j = 0; j < CLASSES; j += VL) { /* @tail */
            vec s = v_load(scores + j), w = v_sub(v_load(weight + j), v_set1(1));
            vec below = v_add(v_relu(v_sub(v_zero(), s)), v_log1p_exp(s));
            v_store(ds + j, v_fma(v_mul(w, v_load(target + j)), below, v_load(ds + j)));
        }
    }
    vec lanes[LV];
    UNROLL for (int l = 0; l < LV; l++)
        lanes[l] = v_zero();
    for (int j = 0; j < CLASSES; j += LANES) {
        UNROLL for (int l = 0; l < LV; l++)
            lanes[l] = v_add(lanes[l], v_load(ds + j + l*VL));
    }
    for (int j = 0; j < CLASSES; j += VL)   /* @tail */
        v_store(ds + j, v_mul(v_sub(v_sigmoid(v_load(scores + j)), v_load(target + j)), factor));
    if (weight) {
        for (int j = 0; j < CLASSES; j += VL) { /* @tail */
            vec w = v_mul(v_sub(v_load(weight + j), v_set1(1)), v_load(target + j));
            vec up = v_mul(v_sub(v_sigmoid(v_load(scores + j)), v_set1(1)), factor);
            v_store(ds + j, v_fma(w, up, v_load(ds + j)));
        }
    }
    return v_sum(lanes) / CLASSES;
}

#include "vector/undef.h"
