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
        struct layer *l = &net->layer[i];
        const struct layer *before = l->from < 0 ? NULL : &net->layer[l->from];
        if (before && before->kind == LAYER_DROPOUT)    /* the first of a branch is the next one */
            l->branch = before->branch;
        number[i] = l->kind == LAYER_DROPOUT ? renumbered(number, l->from) : kept++;
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
