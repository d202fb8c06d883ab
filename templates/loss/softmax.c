/*
** loss/softmax.c - the softmax loss of a group of images and its gradient:
** loss = log(sum(exp(s - max))) - (s[label] - max), ds = (p - onehot) / n. With
** smoothing E, onehot becomes (1 - E)*onehot + E/classes (Szegedy et al.,
** arXiv:1512.00567).
** With a probe R instead of labels (gradient checks): loss = sum(R*s), ds = R.
*/
#include "vector/template.h"

#define NAME softmax_loss    /* @name */
#define ONE softmax_one      /* @name */
#define MEAN 1               /* @flag */
#define SMOOTH 1             /* @flag */
#define SMOOTHING 0.1        /* @name */

/* Returns the loss; ds: whole lanes, those past the classes stay 0. */
static inline real ONE(const real *scores, real *ds, int label, real scale)
{
    enum { /* @sizes */ CLASSES = 10, LV = 16 };
    real max = scores[0];
    for (int j = 1; j < CLASSES; j++)
        max = scores[j] > max ? scores[j] : max;
    for (int j = 0; j < CLASSES; j += VL) {
        int n = CLASSES - j < VL ? CLASSES - j : VL;
        v_store_part(ds + j, v_exp(v_sub(v_load_part(scores + j, n), v_set1(max))), n);
    }
    vec lanes[LV];
    UNROLL for (int l = 0; l < LV; l++)
        lanes[l] = v_zero();
    for (int j = 0; j < CLASSES; j += LANES) {
        UNROLL for (int l = 0; l < LV; l++)
            lanes[l] = v_add(lanes[l], v_load(ds + j + l*VL));
    }
    real sum = v_sum(lanes);
#if SMOOTH
    double target = 0;
    for (int j = 0; j < CLASSES; j++) {
        double share = SMOOTHING / CLASSES + (j == label ? 1 - SMOOTHING : 0);
        target += share*((double)scores[j] - (double)max);
        ds[j] = (ds[j] / sum - (real)share) * scale;
    }
    return (real)(math_log((double)sum) - target);
#else
    for (int j = 0; j < CLASSES; j++)
        ds[j] = (ds[j] / sum - (real)(j == label)) * scale;
    return (real)(math_log((double)sum) - ((double)scores[label] - (double)max));
#endif
}

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ CLASSES = 10, SCORES = 0, SCORES_IMAGE = 16, DS = 0, DS_IMAGE = 16,
           LOSSES = 0 };
    (void)thread;
    int last = part_start(item + 1, items, s->n);
    for (int i = part_start(item, items, s->n); i < last; i++) {
        const real *scores = s->arena + SCORES + (size_t)i*SCORES_IMAGE;
        real *ds = s->arena + DS + (size_t)i*DS_IMAGE, *loss = s->arena + LOSSES + i;
        if (s->probe) {
            const real *r = s->probe + (size_t)i*CLASSES;
            double sum = 0;
            for (int j = 0; j < CLASSES; j++) {
                sum += (double)r[j]*(double)scores[j];
                ds[j] = r[j];
            }
            *loss = (real)sum;
        } else {
#if MEAN
            *loss = ONE(scores, ds, s->labels[i], 1 / (real)s->n);
#else
            *loss = ONE(scores, ds, s->labels[i], 1);
#endif
        }
    }
}

#include "vector/undef.h"
