/*
** strip.c - takes dropouts out of a network's layers. It must never change what an image's scores
** are.
*/
#include "plan/strip.h"

#include <stdlib.h>

static int renumbered(const int *number, int layer)
{
    return layer < 0 ? layer : number[layer];
}

void strip(struct net *net)
{
    int *number = alloc((size_t)net->nlayers, sizeof *number), kept = 0;
    for (int i = 0; i < net->nlayers; i++) {
        struct layer l = net->layer[i];
        const struct layer *before = l.from < 0 ? NULL : &net->layer[l.from];
        /* The first of a branch stands where the dropout did; what is moved up was read before. */
        if (before && before->kind == LAYER_DROPOUT)
            l.branch = before->branch;
        net->layer[i].branch = l.branch;
        if (l.kind == LAYER_DROPOUT) {
            number[i] = renumbered(number, l.from);
            continue;
        }
        number[i] = kept++;
    }
    for (int i = 0; i < net->nlayers; i++) {
        struct layer l = net->layer[i];
        if (l.kind == LAYER_DROPOUT)
            continue;
        l.from = renumbered(number, l.from);
        l.fork = renumbered(number, l.fork);
        for (int k = 0; k < l.branches; k++)
            l.end[k] = renumbered(number, l.end[k]);
        net->layer[number[i]] = l;
    }
    net->nlayers = kept;
    free(number);
}
