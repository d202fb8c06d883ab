/*
** loss/softmax.c - the softmax loss of one image and its gradient, times `scale`:
** loss = log(sum(exp(s - max))) - (s[label] - max), ds = p - onehot, both times the class's
** weight. With smoothing E, onehot becomes (1 - E)*onehot + E/classes (Szegedy et al.,
** arXiv:1512.00567), and each class's share of it counts by its own weight.
*/
#include "vector/template.h"

#define NAME softmax_one     /* @name */
#define SMOOTH 1             /* @flag */
#define SMOOTHING 0.1        /* @name */

/* Returns the loss; ds: whole lanes, those past the classes stay 0. */
static inline real NAME(const real *scores, real *ds, int label,
                        const real *weight /* [classes], or NULL */, real scale)
{
    enum { /* @sizes */ CLASSES = 10, LV = 16 };
    real max = scores[0];
    for (int j = 1; j < CLASSES; j++)
        max = scores[j] > max ? scores[j] : max;
    for (int j = 0; j < CLASSES; j += VL)   /* @tail */
        v_store(ds + j, v_exp(v_sub(v_load(scores + j), v_set1(max))));
    vec lanes[LV];
    UNROLL for (int l = 0; l < LV; l++)
        lanes[l] = v_zero();
    for (int j = 0; j < CLASSES; j += LANES) {
        UNROLL for (int l = 0; l < LV; l++)
            lanes[l] = v_add(lanes[l], v_load(ds + j + l*VL));
    }
    real sum = v_sum(lanes);
#if SMOOTH
    double target = 0, all = weight ? (1 - SMOOTHING)*(double)weight[label] : 1;
    for (int j = 0; weight && j < CLASSES; j++)
        all += SMOOTHING / CLASSES*(double)weight[j];
    for (int j = 0; j < CLASSES; j++) {
        double share = SMOOTHING / CLASSES + (j == label ? 1 - SMOOTHING : 0);
        share *= weight ? (double)weight[j] : 1;
        target += share*((double)scores[j] - (double)max);
        ds[j] = (ds[j] / sum * (real)all - (real)share) * scale;
    }
    return (real)(math_log((double)sum)*all - target);
#else
    const real counts = weight ? weight[label] : 1;
    scale *= counts;
    for (int j = 0; j < CLASSES; j++)
        ds[j] = (ds[j] / sum - (real)(j == label)) * scale;
    return (real)(math_log((double)sum) - ((double)scores[label] - (double)max)) * counts;
#endif
}

#include "vector/undef.h"
