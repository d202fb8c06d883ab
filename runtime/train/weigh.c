/*
** weigh.c - the weights of classes, given or counted.
*/
#include "train/weigh.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "settings/class_weights.h"

/* A class without images has no weight: nothing asks for it but smoothing. */
static void weigh_balanced(double *weight, int classes, const int32_t *labels, size_t count)
{
    for (size_t k = 0; k < count; k++)
        weight[labels[k]]++;
    for (int j = 0; j < classes; j++)
        weight[j] = weight[j] > 0 ? (double)count/(classes*weight[j]) : 0;
}

/* Of targets in canonical order: what is not there by what is; 1 where one of them is not. */
static void weigh_targets(double *weight, const struct model *m, const real *targets, size_t count)
{
    const size_t channels = (size_t)m->out_c, map = (size_t)m->classes/channels;
    for (size_t k = 0; k < count*(size_t)m->classes; k++)
        weight[k / map % channels] += (double)targets[k];
    for (size_t c = 0; c < channels; c++) {
        const double all = (double)(count*map), there = weight[c];
        weight[c] = there > 0 && there < all ? (all - there)/there : 1;
    }
}

bool weigh_classes(struct engine *e, const struct train *t, const struct images *set, char *err)
{
    const struct model *m = e->model;
    free(e->weight);
    e->weight = NULL;
    if (!t->class_weights)
        return true;
    double *weight = calloc((size_t)m->out_c, sizeof *weight);
    real *rounded = calloc((size_t)m->classes, sizeof *rounded);
    bool good = weight && rounded ? class_weights_read(t->class_weights, m->objective, m->target,
                                                       m->out_c, weight, err)
                                  : error_set(err, "not enough memory");
    const bool balanced = good && !strcmp(t->class_weights, class_weights_balanced);
    if (balanced && m->target == TARGET_LABEL)
        weigh_balanced(weight, m->classes, set->labels, set->count);
    else if (balanced)
        weigh_targets(weight, m, set->targets, set->count);
    for (int j = 0; good && j < m->classes; j++)
        rounded[j] = (real)weight[j % m->out_c];
    free(weight);
    if (good)
        e->weight = rounded;
    else
        free(rounded);
    return good;
}
