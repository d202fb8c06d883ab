/*
** regions.c - the parallel regions of a step and of inference, in order; between two of them all
** threads meet.
*/
#include "plan/passes.h"

#include <assert.h>

static void add_region(struct net *net, enum region_kind kind, int stage)
{
    net->region = grow(net->region, (size_t)net->nregions + 1, sizeof *net->region);
    net->region[net->nregions++] = (struct region_plan){ kind, stage };
}

static void backward_regions(struct net *net, int stage)
{
    const struct stage *s = &net->stage[stage];
    if (!s->trains)
        return;
    switch (s->kind) {
    case STAGE_CONV:
        if (s->needs_dx)
            add_region(net, REGION_CONV_DGRAD, stage);
        add_region(net, REGION_CONV_WGRAD, stage);
        add_region(net, REGION_CONV_UPDATE, stage);     /* changes what DGRAD reads */
        break;
    case STAGE_AFFINE:
        if (!s->dense)
            add_region(net, REGION_AFFINE_LISTS, stage);
        else if (net->layer[s->head].bias)
            add_region(net, REGION_AFFINE_BIAS, stage);
        add_region(net, REGION_AFFINE_BACKWARD, stage);
        break;
    case STAGE_NORM:
        add_region(net, REGION_NORM_SUMS, stage);
        add_region(net, REGION_NORM_UPDATE, stage);
        if (s->needs_dx)
            add_region(net, REGION_NORM_BACKWARD, stage);
        break;
    case STAGE_POOL:
    case STAGE_AVERAGE:
    case STAGE_POINTWISE:
    case STAGE_DROPOUT:
    case STAGE_FORK:
        add_region(net, REGION_BACKWARD, stage);
        break;
    case STAGE_ADD:
        if (s->pointwise != NO_LAYER)
            add_region(net, REGION_BACKWARD, stage);
        break;
    case STAGE_LOSS:
        add_region(net, REGION_LOSS, stage);
        break;
    }
}

static void forward_regions(struct net *net, int stage)
{
    const struct stage *s = &net->stage[stage];
    if (s->kind == STAGE_NORM) {
        bool gathered = s->from != INPUT && net->stage[s->from].norm == stage;
        if (!gathered)
            add_region(net, REGION_NORM_STATISTICS, stage);
        add_region(net, REGION_NORM_MERGE, stage);
    }
    if (s->kind != STAGE_LOSS && s->kind != STAGE_FORK)
        add_region(net, REGION_FORWARD, stage);
}

/* Input to scores, without what only training needs. */
static void inference_regions(struct net *net)
{
    net->infer = alloc((size_t)net->nforward, sizeof *net->infer);
    for (int r = 0; r < net->nforward; r++) {
        const struct region_plan *region = &net->region[r];
        const struct stage *s = &net->stage[region->stage];
        if (s->folded != NO_STAGE)
            net->infer[net->ninfer++] = (struct region_plan){ REGION_FOLDED, s->folded };
        else if (!s->covered && region->kind != REGION_NORM_STATISTICS)
            net->infer[net->ninfer++] = *region;
    }
}

bool regions(struct net *net)
{
    assert(net->nstages > 0);
    for (int i = 0; i < net->nstages; i++)
        forward_regions(net, i);
    net->nforward = net->nregions;
    inference_regions(net);
    for (int i = net->nstages - 1; i >= 0; i--)
        backward_regions(net, i);
    return true;
}
