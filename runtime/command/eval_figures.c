/*
** eval_figures.c - figures of what a network made of images. It must never run the network.
*/
#include "command/eval_figures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/dmath.h"
#include "base/error.h"
#include "base/visible.h"
#include "core/objective.h"

bool eval_figures_apply(const struct eval_figures *f, const struct model *m, char *err)
{
    const char *loss = objective_words[m->objective];
    if (f->mae && has_labels(m))
        return error_set(err, "--mae is of a network with targets; %s's loss is %s, over labels",
                         m->name, loss);
    if (f->auc && has_labels(m) && m->classes != 2)
        return error_set(err, "--auc is of two classes, and %s has %d", m->name, m->classes);
    if (f->auc && m->target == TARGET_REALS && m->objective != OBJECTIVE_BCE)
        return error_set(err, "--auc is of labels, of which %s, whose loss is %s, has none (bce "
                         "and target=input have)", m->name, loss);
    return true;
}

/* ---- images ---- */

/* The scores as the loss takes them: of bce probabilities. */
static double eval_figures_absolute(const struct model *m, const struct feed_image *image)
{
    double sum = 0;
    for (int j = 0; j < m->classes; j++) {
        const double score = (double)image->scores[j];
        const double value = m->objective == OBJECTIVE_BCE ? 1/(1 + math_exp(-score)) : score;
        sum += fabs(value - (double)image->targets[j]);
    }
    return sum/m->classes;
}

static void eval_figures_see(void *context, const struct feed_image *image)
{
    struct eval_figures *f = context;
    const struct model *m = f->model;
    if (f->mae)
        f->absolute += eval_figures_absolute(m, image);
    for (int k = 0; k < f->curves; k++) {
        struct auc_item *item = &f->item[(size_t)k*f->room + f->count];
        if (m->target == TARGET_REALS) {
            const double target = (double)image->targets[k];
            *item = (struct auc_item){ (double)image->scores[k], target > 0.5 };
            if (target != 0 && target != 1)
                f->between = target;
        } else {
            const double score = has_labels(m) ? (double)image->scores[1] - (double)image->scores[0]
                                               : image->loss;
            *item = (struct auc_item){ score, image->label == 1 };
        }
    }
    f->count++;
}

bool eval_figures_open(struct eval_figures *f, const struct model *m, const struct images *set,
                       char *err)
{
    f->model = m;
    f->room = set->count;
    f->watch = (struct feed_watch){ eval_figures_see, f };
    if (!f->auc)
        return true;
    if (m->target == TARGET_INPUT && !set->labels)
        return error_set(err, "--auc needs labels: beside the images y_NAME.npy, (n,), 0 or 1 for "
                         "each");
    for (size_t k = 0; m->target == TARGET_INPUT && k < set->count; k++)
        if (set->labels[k] != 0 && set->labels[k] != 1)
            return error_set(err, "--auc is of labels 0 and 1, and image %zu has %d", k,
                             set->labels[k]);
    f->curves = m->target == TARGET_REALS ? m->classes : 1;
    f->item = calloc((size_t)f->curves*f->room + 1, sizeof *f->item);
    return f->item || error_set(err, "not enough memory");
}

void eval_figures_close(struct eval_figures *f)
{
    free(f->item);
}

/* ---- what comes out ---- */

static bool eval_figures_both(const struct eval_figures *f, const struct auc_item *item, int curve,
                              char *err)
{
    size_t positives = 0;
    for (size_t k = 0; k < f->count; k++)
        positives += item[k].positive;
    if (positives > 0 && positives < f->count)
        return true;
    char of[32] = "";
    if (f->curves > 1)
        snprintf(of, sizeof of, " of score %d", curve);
    return error_set(err, "--auc needs images of both classes; all %zu%s are %d", f->count, of,
                     positives > 0);
}

bool eval_figures_print(struct eval_figures *f, char *err)
{
    double sum = 0;
    if (f->mae)
        printf(", mean absolute error %f", f->absolute/(double)f->count);
    if (f->curves && f->between != 0)
        return error_set(err, "--auc is of targets 0 and 1, and one is %g", f->between);
    for (int k = 0; k < f->curves; k++)
        if (!eval_figures_both(f, f->item + (size_t)k*f->room, k, err))
            return false;
    for (int k = 0; k < f->curves; k++)
        sum += auc_of(f->item + (size_t)k*f->room, f->count);
    if (f->curves)
        printf(", ROC AUC %f%s", sum/f->curves, f->curves > 1 ? " (mean over the scores)" : "");
    return true;
}

static double eval_figures_share(size_t part, size_t whole)
{
    return whole ? (double)part/(double)whole : 0;
}

void eval_figures_classes(const struct dataset *data, const struct feed_class *by_class,
                          int classes)
{
    enum { NAME_COLUMNS = 16 };
    double precisions = 0, recalls = 0, scores = 0;
    int counted = 0, undefined = 0;
    for (int j = 0; j < classes; j++) {
        const struct feed_class *c = &by_class[j];
        const double precision = eval_figures_share(c->right, c->answers);
        const double recall = eval_figures_share(c->right, c->images);
        const double score = eval_figures_share(2*c->right, c->images + c->answers);
        if (data->class_names) {
            printf("  ");
            visible_padded(stdout, data->class_names[j], NAME_COLUMNS);
        } else {
            printf("  class %-10d", j);
        }
        printf("%8zu images  accuracy %f  precision %f  recall %f  F1 %f\n", c->images, recall,
               precision, recall, score);
        if (!c->images && !c->answers)
            continue;
        counted++;
        undefined += !c->images || !c->answers;
        precisions += precision;
        recalls += recall;
        scores += score;
    }
    if (counted)
        printf("  mean of %d class%-2s%*s precision %f  recall %f  F1 %f\n", counted,
               counted == 1 ? "" : "es", 33, "", precisions/counted, recalls/counted,
               scores/counted);
    if (undefined)
        printf("  (of %d class%s there is no image or no answer: what cannot be had counts 0)\n",
               undefined, undefined == 1 ? "" : "es");
}
