/*
** loss/svm.c - the multiclass hinge loss of a group of images and its gradient:
** loss = sum over j != label of max(0, s[j] - s[label] + margin); ds[j] = 1 / n where
** that is positive, and what they sum to is taken from the label. At 0 the gradient
** is 0. With a probe R instead of labels (gradient checks): loss = sum(R*s), ds = R.
*/
#include "vector/template.h"

#define NAME svm_loss        /* @name */
#define ONE svm_one          /* @name */
#define MEAN 1               /* @flag */
#define MARGIN 1.0           /* @name */

/* Returns the loss; ds: those past the classes stay 0. */
static inline real ONE(const real *scores, real *ds, int label, real scale)
{
    enum { /* @sizes */ CLASSES = 10 };
    const real bar = (real)MARGIN - scores[label];
    real loss = 0;
    int over = 0;
    for (int j = 0; j < CLASSES; j++) {
        real slack = scores[j] + bar;
        int wrong = j != label && slack > 0;
        /* A NaN among the scores must not look like a small loss. */
        loss += wrong || slack != slack ? slack : 0;
        ds[j] = wrong ? scale : 0;
        over += wrong;
    }
    ds[label] = -(real)over * scale;
    return loss;
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
