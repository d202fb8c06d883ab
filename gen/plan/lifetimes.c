/*
** lifetimes.c - from which region to which a map or a gradient lives, and what inference touches.
*/
#include "plan/buffers.h"

#include "plan/through.h"

void touch(struct net *net, int buffer, int region)
{
    if (buffer == NO_BUFFER)
        return;
    struct buffer *b = &net->buffer[buffer];
    if (region < b->first)
        b->first = region;
    if (region > b->last)
        b->last = region;
}

void lifetimes(struct net *net)
{
    static const enum stage_buffer forward[] = { AT_X, AT_Y, AT_ARGMAX, AT_MASK },
                                   backward[] = { AT_DY, AT_DSUM, AT_DX };
    for (int r = 0; r < net->nregions; r++) {
        const struct stage *s = &net->stage[net->region[r].stage], *of = gradient_of(net, s);
        for (size_t k = 0; k < sizeof forward / sizeof *forward; k++)
            touch(net, s->at[forward[k]], r);
        for (size_t k = 0; r >= net->nforward && k < sizeof backward / sizeof *backward; k++)
            touch(net, s->at[backward[k]], r);
        for (int k = 0; k < MAX_BRANCHES; k++) {
            touch(net, s->at[AT_BRANCH + k], r);
            if (r >= net->nforward)
                touch(net, s->at[AT_DBRANCH + k], r);
        }
        if (r >= net->nforward && of != s) {
            touch(net, of->at[AT_DY], r);
            touch(net, of->at[AT_ARGMAX], r);
        }
    }
}

static void mark(struct net *net, int buffer)
{
    if (buffer != NO_BUFFER)
        net->buffer[buffer].infer = true;
}

void mark_inference(struct net *net)
{
    mark(net, net->input_at);
    mark(net, net->losses_at);
    mark(net, net->stage[net->nstages - 1].at[AT_DX]);   /* the loss writes it as well */
    mark(net, net->stage[net->nstages - 1].at[AT_X]);
    for (int i = 0; i < net->nparams; i++)
        mark(net, net->param[i].at);
    for (int r = 0; r < net->ninfer; r++) {
        const struct stage *s = region_stage(net, &net->infer[r]);
        for (int k = 0; k < STAGE_BUFFERS; k++)
            if (buffer_defs[k].infer)
                mark(net, s->at[k]);
    }
}
