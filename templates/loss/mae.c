/*
** loss/mae.c - the mean absolute error of one image and its gradient, times `scale`:
** loss = sum(|s - t|) / values, ds = the sign of s - t, 0 at 0, / values.
*/
#include "vector/template.h"

#define NAME mae_one         /* @name */

/* Returns the loss; ds: whole lanes, those past the values stay 0. */
static inline real NAME(const real *scores, real *ds, const real *target /* [classes] */,
                        const real *weight /* of bce alone */, real scale)
{
    enum { /* @sizes */ CLASSES = 10, LV = 16 };
    (void)weight;
    const vec up = v_set1(scale / CLASSES), down = v_set1(-scale / CLASSES);
    for (int j = 0; j < CLASSES; j += VL)   /* @tail */
        v_store(ds + j, v_sub(v_load(scores + j), v_load(target + j)));
    vec lanes[LV];
    UNROLL for (int l = 0; l < LV; l++)
        lanes[l] = v_zero();
    for (int j = 0; j < CLASSES; j += LANES) {
        UNROLL for (int l = 0; l < LV; l++) {
            vec d = v_load(ds + j + l*VL), fall = v_select(v_gt(v_zero(), d), down, v_zero());
            lanes[l] = v_add(lanes[l], v_abs(d));
            v_store(ds + j + l*VL, v_select(v_gt(d, v_zero()), up, fall));
        }
    }
    return v_sum(lanes) / CLASSES;
}

#include "vector/undef.h"
