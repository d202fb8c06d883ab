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

bool weigh_classes(struct engine *e, const struct train *t, const int32_t *labels, size_t count,
                   char *err)
{
    const struct model *m = e->model;
    free(e->weight);
    e->weight = NULL;
    if (!t->class_weights)
        return true;
    double *weight = calloc((size_t)m->classes, sizeof *weight);
    real *rounded = calloc((size_t)m->classes, sizeof *rounded);
    bool good = weight && rounded ? class_weights_read(t->class_weights, m->target, m->classes,
                                                       weight, err)
                                  : error_set(err, "not enough memory");
    if (good && !strcmp(t->class_weights, class_weights_balanced))
        weigh_balanced(weight, m->classes, labels, count);
    for (int j = 0; good && j < m->classes; j++)
        rounded[j] = (real)weight[j];
    free(weight);
    if (good)
        e->weight = rounded;
    else
        free(rounded);
    return good;
}
