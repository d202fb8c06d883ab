/*
** notice.c - what is said of the images before training starts. It must never change anything.
*/
#include "train/notice.h"

#include <stdio.h>
#include <stdlib.h>

#include "train/solver.h"

enum { NOTICE_CLASSES = 10 };    /* so many are listed */

static void notice_validation(const struct dataset *d)
{
    const size_t val = d->val.count, all = val + d->fit.count;
    if (d->val_unasked && val > 0 && (all <= DATA_VALIDATE || val >= d->fit.count))
        printf("validation: %s%zu of the %zu training images; --val-samples N for another "
               "number\n", d->val_drawn ? "" : "the last ", val, all);
}

/* Which classes have no image in the set, and what may help. */
static void notice_classes(const char *name, const struct images *set, int classes,
                           const char *advice)
{
    size_t *count = calloc((size_t)classes, sizeof *count);
    int missing = 0, listed = 0;
    for (size_t k = 0; count && k < set->count; k++)
        count[set->labels[k]]++;
    for (int c = 0; count && c < classes; c++)
        missing += count[c] == 0;
    if (count && missing > 0) {
        printf("%s: no image of %d of the %d classes (", name, missing, classes);
        for (int c = 0; c < classes && listed < NOTICE_CLASSES; c++)
            if (count[c] == 0)
                printf("%s%d", listed++ ? ", " : "", c);
        printf("%s)%s\n", missing > listed ? ", ..." : "", advice);
    }
    free(count);
}

/* Whole minibatches: what is left at an epoch's end is dropped, and the next epoch has another
** order. With replacement it is only the number of draws that is not the images'. */
static void notice_rest(size_t images, const struct solver_options *o)
{
    const size_t batch = (size_t)o->train.batch, rest = images % batch;
    const long epoch = solver_epoch_iterations(o, images);
    if (images < batch && o->train.sample == SAMPLE_SHUFFLE)
        printf("minibatches: of %zu image%s, as there are no more (--batch %zu)\n", images,
               images == 1 ? "" : "s", batch);
    if (images < batch || rest == 0 || solver_iterations(o, images) < epoch)
        return;
    if (o->train.sample == SAMPLE_REPLACEMENT)
        printf("epochs: %zu images drawn from %zu, as %zu is no multiple of --batch %zu\n",
               images - rest, images, images, batch);
    else
        printf("epochs: %zu of %zu images are left out of each, other ones each time, as %zu is "
               "no multiple of --batch %zu\n", rest, images, images, batch);
}

void notice_images(const struct dataset *d, const struct solver_options *o)
{
    const bool may_draw = d->val_cut && !d->val_drawn;
    notice_validation(d);
    if (d->classes && d->val.count > 0 && d->val.labels)
        notice_classes("validation", &d->val, d->classes,
                       may_draw ? "; --val-shuffle draws them from all" : "");
    if (d->classes && d->train.labels)
        notice_classes("training", &d->train, d->classes, "");
    notice_rest(d->train.count, o);
}
