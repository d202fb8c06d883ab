/*
** loss/mse.c - the mean squared error of one image and its gradient, times `scale`:
** loss = sum((s - t)^2) / values, ds = 2*(s - t) / values.
*/
#include "vector/template.h"

#define NAME mse_one         /* @name */

/* Returns the loss; ds: whole lanes, those past the values stay 0. */
static inline real NAME(const real *scores, real *ds, const real *target /* [classes] */,
                        const real *weight /* of bce alone */, real scale)
{
    enum { /* @sizes */ CLASSES = 10, LV = 16 };
    (void)weight;
    const vec factor = v_set1(2*scale / CLASSES);
    for (int j = 0; j < CLASSES; j += VL)   /* @tail */
        v_store(ds + j, v_sub(v_load(scores + j), v_load(target + j)));
    vec lanes[LV];
    UNROLL for (int l = 0; l < LV; l++)
        lanes[l] = v_zero();
    for (int j = 0; j < CLASSES; j += LANES) {
        UNROLL for (int l = 0; l < LV; l++) {
            vec d = v_load(ds + j + l*VL);
            lanes[l] = v_fma(d, d, lanes[l]);
            v_store(ds + j + l*VL, v_mul(d, factor));
        }
    }
    return v_sum(lanes) / CLASSES;
}

#include "vector/undef.h"
