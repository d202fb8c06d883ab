/*
** eval_figures.h - what `eval` measures beside accuracy and loss: the mean absolute error, the area
** under the ROC, and of each class precision, recall and F1.
*/
#ifndef LATHE_EVAL_FIGURES_H
#define LATHE_EVAL_FIGURES_H

#include <stdbool.h>

#include "base/auc.h"
#include "data/dataset.h"
#include "data/feed.h"

struct eval_figures {
    bool mae, auc;              /* what was asked for */
    const struct model *model;
    struct feed_watch watch;
    size_t count, room;         /* images seen, of so many */
    double absolute;            /* sum of their mean absolute errors */
    struct auc_item *item;      /* [curves][room] */
    int curves;                 /* one, or one for each score of `bce` */
    double between;             /* a target that is neither 0 nor 1, or 0 */
};

/* False: these were asked of a network that has none; err says why. Usage, before all else. */
bool eval_figures_apply(const struct eval_figures *f, const struct model *m, char *err);

/* Room for `set`. False: err says what is missing. Close it all the same. */
bool eval_figures_open(struct eval_figures *f, const struct model *m, const struct images *set,
                       char *err);
void eval_figures_close(struct eval_figures *f);

/* Prints ", mean absolute error X, ROC AUC X" once all were seen. False: err says why there is no
** AUC; the error is printed. */
bool eval_figures_print(struct eval_figures *f, char *err);

/* A line of each class, and their means. */
void eval_figures_classes(const struct dataset *data, const struct feed_class *by_class,
                          int classes);

#endif
