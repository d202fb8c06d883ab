/*
** loss/frame.c - every loss over a group of images: each one's loss and its gradient by ONE, of
** its label (loss/softmax.c, loss/svm.c) or its targets (loss/mse.c, loss/mae.c, loss/bce.c).
** With a probe R instead (gradient checks): loss = sum(R*s), ds = R.
*/
#include "loss/mse.c"
#include "loss/svm.c"

#define NAME svm_loss        /* @name */
#define ONE svm_one          /* @name */
#define ONE_OF_TARGETS mse_one       /* @name */
#define LABELS 1             /* @flag */

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
#if LABELS
            *loss = ONE(scores, ds, s->labels[i], s->weight, s->share);
#else
            const real *target = s->targets + (size_t)i*CLASSES;
            *loss = ONE_OF_TARGETS(scores, ds, target, s->weight, s->share);
#endif
        }
    }
}

#include "vector/undef.h"
