/*
** through.c - what a convolution does for the batchnorms before and after it. A batchnorm's passes
** over whole maps cost what memory costs; a convolution that reads or writes those maps anyway
** saves them. It must change no sum's order.
*/
#include "plan/through.h"

#include "read/layers.h"

bool by_output(const struct net *net, const struct stage *s)
{
    const struct layer *with = layer_at(net, s->pointwise);
    return with && layer_def(with->kind)->from == FROM_OUTPUT;
}

/* A convolution whose gradients, in all directions, are made by kernels that can compute them from
** those of norm stage `n`. What is pooled after the norm is un-pooled tile by tile. Each direction
** computes them anew, for which a pointwise layer with exponentials takes longer than memory does.
*/
static bool can_go_through(const struct net *net, const struct stage *s, const struct stage *n)
{
    const struct layer *pool = layer_at(net, n->pool), *with = layer_at(net, n->pointwise);
    if (s->kind != STAGE_CONV || !s->trains || s->relu != NO_LAYER || s->pool != NO_LAYER
        || (with && layer_def(with->kind)->from != FROM_EITHER))
        return false;
    switch (s->conv->wgrad.algorithm) {
    case BY_WINOGRAD:
        return !pool || (WINOGRAD_STEP % pool->kh == 0 && WINOGRAD_STEP % pool->kw == 0);
    case BY_NARROW:
        return !pool;
    case BY_DEPTHWISE:
        return true;
    default:
        return false;
    }
}

void plan_through(struct net *net)
{
    for (int i = 0; i < net->nstages; i++) {
        const struct stage *s = &net->stage[i];
        struct stage *from = s->from == INPUT ? NULL : &net->stage[s->from];
        if (s->norm && from && can_go_through(net, from, s))
            from->conv->through = i;
    }
}

bool is_through(const struct net *net, int norm)
{
    int from = net->stage[norm].from;
    return from != INPUT && net->stage[from].conv && net->stage[from].conv->through == norm;
}

bool is_summed(const struct net *net, int norm)
{
    /* Alone a fork lets several stages read one. */
    const struct stage *next = &net->stage[norm + 1];
    return next->conv && next->conv->sums == norm;
}

const struct stage *gradient_of(const struct net *net, const struct stage *s)
{
    return s->conv && s->conv->through != NO_STAGE ? &net->stage[s->conv->through] : s;
}
