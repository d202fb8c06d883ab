/*
** fold.c - what inference runs instead: a convolution, a deconv or an affine layer with the norm
** after it in its weights, a convolution with the pool after that, too; an affine layer whose
** weights lie as its tiles read them. It must never change a stage that trains but to say what
** stands for it.
*/
#include "plan/passes.h"

#include <assert.h>
#include <string.h>

#include "base/names.h"
#include "plan/sweeps.h"

/* No layer is called like it. */
static void name_folded(const struct names *layers, struct stage *f, const char *name)
{
    snprintf(f->name, sizeof f->name, "%s_folded", name);
    if (names_find(layers, f->name) >= 0)
        snprintf(f->name, sizeof f->name, "%s_folded_", name);
}

/* The stage that ends in a pool that can be run band by band: norm stage `norm` or one that reads
** it, or NO_STAGE. One place for pointwise operations: another one before the pool than after it,
** that is too many. */
static int pool_after(const struct net *net, int norm)
{
    const struct stage *n = &net->stage[norm], *next = &net->stage[norm + 1];
    const struct layer *with = layer_at(net, n->pointwise);
    if (n->pool != NO_LAYER)
        return norm;
    return next->kind == STAGE_POOL && next->from == norm && band_pool(&net->layer[next->head])
           && (!with || is_relu(with) || next->relu == NO_LAYER) ? norm + 1 : NO_STAGE;
}

/* As the head's maps lie in memory. */
static struct conv_plan *own_conv(const struct conv_plan *head)
{
    struct conv_plan *conv = alloc(1, sizeof *conv);
    *conv = (struct conv_plan){ .mid = head->mid, .transposed = head->transposed,
                                .window = head->window, .row = head->row,
                                .multiplier = head->multiplier, .repeated = head->repeated,
                                .expanded = head->expanded, .gathers = NO_STAGE,
                                .sums = NO_STAGE, .through = NO_STAGE };
    return conv;
}

/* Of a deconv's mirror. */
static void own_mirror(struct stage *f, const struct stage *mirror)
{
    f->mirror = alloc(1, sizeof *f->mirror);
    *f->mirror = *mirror;
    memcpy(f->mirror->name, f->name, sizeof f->name);
    f->mirror->conv = own_conv(mirror->conv);
}

/* What a folded stage has for itself: as its head lies in memory, without a backward pass. */
static void own_fold(struct stage *f, const struct stage *head)
{
    f->fold = alloc(1, sizeof *f->fold);
    f->fold->step = f->kind == STAGE_AFFINE ? 1 : LANES;
    if (f->kind == STAGE_DECONV) {
        own_mirror(f, head->mirror);
        return;
    }
    if (f->kind == STAGE_AFFINE) {
        f->affine = alloc(1, sizeof *f->affine);
        f->affine->columns = head->affine->columns;
        return;
    }
    f->conv = own_conv(head->conv);
}

/* What stands for a stage, with the norm stage after it or NO_STAGE. */
static struct stage *add_stage(struct net *net, const struct names *layers, int head, int norm)
{
    net->folded = grow(net->folded, (size_t)net->nfolded + 1, sizeof *net->folded);
    struct stage *f = &net->folded[net->nfolded];
    *f = net->stage[head];
    net->stage[head].folded = net->nfolded++;
    name_folded(layers, f, net->layer[f->head].name);
    own_fold(f, &net->stage[head]);
    f->fold->head = f->fold->end = head;
    f->fold->norm = norm;
    return f;
}

/* What norm stage `norm` and its head become: one stage, ending in pointwise layer and pool. */
static void add_folded(struct net *net, const struct names *layers, int norm)
{
    struct stage *n = &net->stage[norm], *f = add_stage(net, layers, n->from, norm);
    int pool = f->kind == STAGE_CONV ? pool_after(net, norm) : NO_STAGE;
    const struct stage *end = &net->stage[pool == NO_STAGE ? norm : pool];
    const struct layer *with = layer_at(net, n->pointwise);
    n->in_folded = true;
    f->fold->end = (int)(end - net->stage);
    f->out = end->out;
    if (pool != NO_STAGE) {
        net->stage[pool].in_folded = true;
        f->pool = end->pool;
        f->relu = end->relu;
        f->conv->mid = pooled_part(net, f);
    }
    f->relu_first = is_relu(with);
    if (f->relu_first)
        f->relu = n->pointwise;     /* a second one changes nothing */
    if (f->kind == STAGE_CONV) {
        forward_sweep(net, f);
        f->conv->forward.short_unroll = true;
        choose_winograd_forward(net, f);
        f->conv->forward.pointwise = f->relu_first ? NULL : with;
    } else if (f->kind == STAGE_DECONV) {
        deconv_sweeps(net, f, f->relu_first ? NULL : with);
    } else if (!f->relu_first) {
        f->pointwise = n->pointwise;
    }
}

bool fold(struct net *net)
{
    assert(net->nstages > 0);
    struct names layers = { 0 };
    for (int i = 0; i < net->nlayers; i++)
        names_add(&layers, net->layer[i].name, i);
    for (int i = 0; i < net->nstages; i++) {
        const struct stage *s = &net->stage[i];
        const struct stage *head = s->from == INPUT ? NULL : &net->stage[s->from];
        if (s->kind == STAGE_NORM && head && head->relu == NO_LAYER && head->pool == NO_LAYER
            && (head->kind == STAGE_CONV || head->kind == STAGE_AFFINE
                || head->kind == STAGE_DECONV))
            add_folded(net, &layers, i);
    }
    for (int i = 0; i < net->nstages; i++)
        if (net->stage[i].kind == STAGE_AFFINE && net->stage[i].folded == NO_STAGE)
            add_stage(net, &layers, i, NO_STAGE);
    names_free(&layers);
    return true;
}
