/*
** kinks.c - which values decide where a network's output is not smooth: a gradient check leaves
** out points at which one of them changed. It must never list one that no parameter can change.
*/
#include "plan/passes.h"

#include <assert.h>

#include "read/layers.h"

static void add(struct net *net, struct kink_plan kink)
{
    net->kink = grow(net->kink, (size_t)net->nkinks + 1, sizeof *net->kink);
    net->kink[net->nkinks++] = kink;
}

/* The hinge loss decides which classes come near the label's, the absolute error on which side of
** its target a score is: both by their gradients' signs. */
static void loss_kinks(struct net *net, const struct stage *loss)
{
    const struct stage *scores = &net->stage[loss->from];
    const enum layer_kind kind = net->layer[loss->head].kind;
    if ((kind == LAYER_SVM || kind == LAYER_MAE) && scores->at[AT_DY] != NO_BUFFER)
        add(net, (struct kink_plan){ .buffer = scores->at[AT_DY], .image = scores->dy_image,
                                     .row = (size_t)net->classes,
                                     .shape = { .c = net->classes, .h = 1, .w = 1 } });
}

/* A slope below 0 would hide the sides in the output. */
static void prelu_kinks(struct net *net, const struct stage *s)
{
    add(net, (struct kink_plan){ .buffer = s->at[AT_X], .origin = s->in.origin,
                                 .image = s->in.image, .row = s->in.row, .shape = s->in.shape });
}

/* A stage below all parameters decides what no parameter can change, and as no gradient
** passes it, its decisions do not outlive forward: others' values are there then. */
static void stage_kinks(struct net *net, const struct stage *s)
{
    const struct layer *with = layer_at(net, s->pointwise != NO_LAYER ? s->pointwise : s->relu);
    const struct shape o = s->out.shape;
    const struct layer_def *def = with ? layer_def(with->kind) : NULL;
    if (s->kind == STAGE_FORK || !s->trains)
        return;
    if (s->kind == STAGE_PRELU && s->needs_dx)
        prelu_kinks(net, s);
    if (def && def->kink != KINK_NONE) {
        const bool own = def->kink == KINK_NUMBERS;
        add(net, (struct kink_plan){ .buffer = s->at[AT_Y], .origin = s->out.origin,
                                     .image = s->out.image, .row = s->out.row, .shape = o,
                                     .low = own ? with->number[0] : def->low,
                                     .high = own ? with->number[1] : def->high });
    }
    if (s->pool != NO_LAYER)
        add(net, (struct kink_plan){ .buffer = s->at[AT_ARGMAX],
                                     .image = (size_t)(o.h*o.w*o.c), .row = (size_t)(o.w*o.c),
                                     .shape = o, .bytes = true });
}

bool kinks(struct net *net)
{
    if (net->inference)
        return true;
    assert(net->nbuffers > 0);
    for (int i = 0; i < net->nstages; i++)
        if (net->stage[i].kind == STAGE_LOSS)
            loss_kinks(net, &net->stage[i]);
        else
            stage_kinks(net, &net->stage[i]);
    return true;
}
