/*
** fuse.c - groups layers into stages, which run as one, band by band: convolution + ReLU +
** max-pool, batchnorm + pointwise layer + max-pool, affine + ReLU. It must never look at the
** machine: what is decided here decides the bits.
*/
#include "plan/passes.h"

#include <assert.h>
#include <string.h>

#include "read/layers.h"

/* Units from which on a gradient without zeros is worth tiles of its own. */
enum { DENSE_UNITS = 64 };

/* Layer `next` if it reads the one before it, else NULL. */
static const struct layer *after(const struct net *net, int next)
{
    return next < net->nlayers && net->layer[next].from == next - 1 ? &net->layer[next] : NULL;
}

/* Values of a window that a pass over a map has in registers. */
enum { MOST_POOLED = 16 };

/* A max-pool whose windows cover a map and do not meet: a pass over the map can pool it. */
static bool covers(const struct layer *pool)
{
    return pool && band_pool(pool) && pool->stride == pool->kh && pool->stride_w == pool->kw
           && pool->in.h % pool->kh == 0 && pool->in.w % pool->kw == 0
           && pool->kh*pool->kw <= MOST_POOLED;
}

static int lead_norm(struct net *net, struct stage *s, int next)
{
    const struct layer *with = after(net, next);
    if (with && layer_def(with->kind)->stage == STAGE_POINTWISE)
        s->pointwise = next++;
    /* A ReLU after the pool goes with it, where a stage has but one place for such. */
    if (covers(after(net, next)) && !is_relu(after(net, next + 1)))
        s->pool = next++;
    return next;
}

static int lead_conv(struct net *net, struct stage *s, int next)
{
    if (is_relu(after(net, next))) {
        s->relu = next++;
        s->relu_first = true;
    }
    const struct layer *pool = after(net, next);
    if (pool && band_pool(pool)) {
        s->pool = next++;
        if (s->relu == NO_LAYER && is_relu(after(net, next)))
            s->relu = next++;
    }
    return next;
}

/* What a convolution has, that makes `mid` and that nothing goes through yet. */
static struct conv_plan *new_conv(struct shape mid)
{
    struct conv_plan *conv = alloc(1, sizeof *conv);
    conv->mid = mid;
    conv->gathers = conv->sums = conv->through = NO_STAGE;
    return conv;
}

/* The convolution that a deconv is the transpose of: nothing is fused with it. */
static struct stage *mirror_of(const struct net *net, const struct stage *s)
{
    const struct layer *l = &net->layer[s->head];
    struct stage *m = alloc(1, sizeof *m);
    *m = *s;
    m->kind = STAGE_CONV;
    m->head = l->mirror;
    m->relu = NO_LAYER;
    m->needs_dx = m->trains = true;
    m->conv = new_conv(l->in);
    m->conv->transposed = true;
    return m;
}

/* What its kind alone has. */
static void own_part(const struct net *net, struct stage *s)
{
    const struct layer *l = &net->layer[s->head];
    bool dense = s->relu == NO_LAYER && l->filters >= DENSE_UNITS;
    switch (s->kind) {
    case STAGE_CONV:
        s->conv = new_conv(s->pool == NO_LAYER ? l->out : pooled_part(net, s));
        break;
    case STAGE_DECONV:
        s->mirror = mirror_of(net, s);
        break;
    case STAGE_AFFINE:
        s->affine = alloc(1, sizeof *s->affine);
        s->affine->backward = dense ? BY_DENSE : BY_LISTS;
        break;
    case STAGE_NORM:
        s->norm = alloc(1, sizeof *s->norm);
        s->norm->running_mean = s->norm->running_var = NO_PARAM;
        break;
    case STAGE_ADD:
    case STAGE_JOIN:
    case STAGE_PRODUCT:
        s->branch = alloc(1, sizeof *s->branch);
        s->branch->count = l->branches;
        break;
    default:
        break;
    }
}

/* Takes layer `head` and what can be fused after it; returns the next layer. */
static int make_stage(struct net *net, struct stage *s, int head)
{
    const struct layer *l = &net->layer[head];
    const struct layer_def *def = layer_def(l->kind);
    *s = (struct stage){ .kind = def->stage, .head = head, .relu = NO_LAYER, .pool = NO_LAYER,
                         .pointwise = NO_LAYER, .folded = NO_STAGE, .weight = NO_PARAM,
                         .bias = NO_PARAM };
    memcpy(s->name, l->name, sizeof s->name);
    int next = head + 1;
    const struct layer_def *with = after(net, next) ? layer_def(net->layer[next].kind) : NULL;
    switch (s->kind) {
    case STAGE_CONV:
        next = lead_conv(net, s, next);
        break;
    case STAGE_POOL:
        s->pool = head;
        if (is_relu(after(net, next)))
            s->relu = next++;
        break;
    case STAGE_AFFINE:
    case STAGE_DECONV:
        if (is_relu(after(net, next)))
            s->relu = next++;
        break;
    case STAGE_POINTWISE:
        s->pointwise = head;
        break;
    case STAGE_NORM:
        next = lead_norm(net, s, next);
        break;
    case STAGE_ADD:     /* what it makes is not kept, which some gradients want */
    case STAGE_JOIN:
    case STAGE_PRODUCT:
        if (with && with->stage == STAGE_POINTWISE && with->from != FROM_INPUT)
            s->pointwise = next++;
        break;
    default:
        break;
    }
    s->needs_dx = l->below;
    s->trains = s->needs_dx || def->trains;
    own_part(net, s);
    return next;
}

static void count_flop(const struct net *net, struct stage *s)
{
    const struct layer *l = &net->layer[s->head];
    s->flop_forward = l->flop_forward;
    bool has_weights = s->kind == STAGE_CONV || s->kind == STAGE_AFFINE
                       || s->kind == STAGE_DECONV;
    s->flop_wgrad = has_weights ? l->flop_forward : 0;
    s->flop_dgrad = has_weights && s->needs_dx ? l->flop_forward : 0;
}

/* The stage that makes a layer's output: the last that does not begin after it. */
static int maker(const struct net *net, int layer)
{
    int low = 0, high = net->nstages;
    while (layer != INPUT && high - low > 1) {
        int middle = (low + high) / 2;
        if (net->stage[middle].head > layer)
            high = middle;
        else
            low = middle;
    }
    return layer == INPUT ? INPUT : low;
}

static bool ends_in_relu(const struct net *net, int stage)
{
    const struct stage *s = stage == INPUT ? NULL : &net->stage[stage];
    return s && (s->relu != NO_LAYER || is_relu(layer_at(net, s->pointwise)));
}

static void make_stages(struct net *net)
{
    for (int next = 0; next < net->nlayers;) {
        net->stage = grow(net->stage, (size_t)net->nstages + 1, sizeof *net->stage);
        next = make_stage(net, &net->stage[net->nstages++], next);
    }
    for (int i = 0; i < net->nstages; i++) {
        struct stage *s = &net->stage[i];
        const struct layer *l = &net->layer[s->head];
        s->from = maker(net, l->from);
        for (int k = 0; s->branch && k < s->branch->count; k++)
            s->branch->end[k] = maker(net, l->end[k]);
        if (s->mirror)
            s->mirror->conv->halved = ends_in_relu(net, stage_before_forks(net, s->from));
    }
}

bool fuse(struct net *net)
{
    assert(net->nlayers > 0 && net->layer[net->nlayers - 1].out.c > 0);
    make_stages(net);
    for (int i = 0; i < net->nstages; i++)
        count_flop(net, &net->stage[i]);
    const struct shape scores = net->layer[net->nlayers - 1].in;
    net->classes = scores.c*scores.h*scores.w;
    return true;
}
