/*
** loss/svm.c - the multiclass hinge loss of one image and its gradient, times `scale`:
** loss = sum over j != label of max(0, s[j] - s[label] + margin); ds[j] = 1 where
** that is positive, and what they sum to is taken from the label. At 0 the gradient
** is 0. Both times the class's weight.
*/
#include "vector/template.h"

#define NAME svm_one         /* @name */
#define MARGIN 1.0           /* @name */

/* Returns the loss; ds: those past the classes stay 0. */
static inline real NAME(const real *scores, real *ds, int label,
                        const real *weight /* [classes], or NULL */, real scale)
{
    enum { /* @sizes */ CLASSES = 10 };
    const real counts = weight ? weight[label] : 1, slope = scale*counts;
    const real bar = (real)MARGIN - scores[label];
    real loss = 0;
    int over = 0;
    for (int j = 0; j < CLASSES; j++) {
        real slack = scores[j] + bar;
        int wrong = j != label && slack > 0;
        /* A NaN among the scores must not look like a small loss. */
        loss += wrong || slack != slack ? slack : 0;
        ds[j] = wrong ? slope : 0;
        over += wrong;
    }
    ds[label] = -(real)over * slope;
    return loss*counts;
}

#include "vector/undef.h"
