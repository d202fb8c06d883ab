/*
** mem.c - which buffers there are, how large, and in which regions each is alive; buffers.c then
** gives them their places in one arena. A training step allocates nothing.
*/
#include "plan/passes.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/visible.h"
#include "base/small.h"
#include "plan/block_narrow.h"
#include "plan/buffers.h"
#include "plan/exchanges.h"
#include "plan/regions.h"
#include "plan/through.h"

static size_t whole_units(size_t n)
{
    return round_up_size(n, UNIT);
}

/* A buffer that lives as long as the program does. */
static int add(struct net *net, const char *owner, const char *what, size_t size)
{
    net->buffer = grow(net->buffer, (size_t)net->nbuffers + 1, sizeof *net->buffer);
    struct buffer *b = &net->buffer[net->nbuffers];
    *b = (struct buffer){ .size = whole_units(size + UNIT), .first = 0, .last = net->nregions };
    snprintf(b->name, sizeof b->name, "%s.%s", owner, what);
    return net->nbuffers++;
}

static int add_kept(struct net *net, const char *owner, const char *what, size_t size)
{
    int b = add(net, owner, what, size);
    net->buffer[b].keep = true;
    return b;
}

/* One of a stage's own, by its row; alive from region `first` to `last`. */
static void add_living(struct net *net, struct stage *s, enum stage_buffer which, size_t size,
                       int first, int last)
{
    const struct buffer_def *def = &buffer_defs[which];
    assert(def->name);
    s->at[which] = add(net, s->name, def->name, size);
    struct buffer *b = &net->buffer[s->at[which]];
    b->scratch = def->scratch;
    b->keep = def->keep;
    b->first = first;
    b->last = last;
}

static void add_own(struct net *net, struct stage *s, enum stage_buffer which, size_t size)
{
    add_living(net, s, which, size, 0, net->nregions);
}

/* One that is alive in no region yet. */
static void add_unborn(struct net *net, struct stage *s, enum stage_buffer which, size_t size)
{
    add_living(net, s, which, size, net->nregions, -1);
}

static void no_buffers(struct stage *s)
{
    for (int k = 0; k < STAGE_BUFFERS; k++)
        s->at[k] = NO_BUFFER;
}

/* A stage's parameters, each with both moments of the optimizers. */
static void param_buffers(struct net *net, int stage)
{
    const struct stage *s = &net->stage[stage];
    int first = s->weight == NO_PARAM ? s->bias : s->weight;
    for (int i = first; i < net->nparams && net->param[i].stage == stage; i++) {
        struct net_param *p = &net->param[i];
        char name[sizeof p->name];
        /* "conv1.weight": what follows the stage's name. */
        const char *owner = s->name, *what = p->name + strlen(owner) + 1;
        p->at = add_kept(net, owner, what, p->stored);
        snprintf(name, sizeof name, "%s.m", what);
        p->m = add_kept(net, owner, name, p->stored);
        snprintf(name, sizeof name, "%s.v", what);
        p->v = add_kept(net, owner, name, p->stored);
    }
}

/* The regions of each stage, as far apart as they may lie. */
static void find_regions(struct net *net)
{
    for (int i = 0; i < net->nstages; i++) {
        struct stage *s = &net->stage[i];
        s->forward_regions.first = s->forward_regions.last = -1;
        s->backward_regions.first = s->backward_regions.last = -1;
    }
    for (int r = 0; r < net->nregions; r++) {
        struct stage *s = &net->stage[net->region[r].stage];
        int *first = r < net->nforward ? &s->forward_regions.first : &s->backward_regions.first;
        int *last = r < net->nforward ? &s->forward_regions.last : &s->backward_regions.last;
        *first = *first < 0 ? r : *first;
        *last = r;
    }
}

/* The first and the last backward region of a stage, or -1. */
static int region_of(const struct net *net, int stage, bool last)
{
    const struct stage *s = &net->stage[stage];
    return last ? s->backward_regions.last : s->backward_regions.first;
}

/* The first or the last forward region of a stage; none: after all. */
static int forward_region(const struct net *net, int stage, bool last)
{
    const struct stage *s = &net->stage[stage];
    int found = last ? s->forward_regions.last : s->forward_regions.first;
    return found < 0 ? net->nforward : found;
}

/* Bytes as reals. */
static size_t bytes(const struct net *net, size_t n)
{
    return round_up_size(n, real_size(net)) / real_size(net);
}

/* The buffer with stage `from`'s output; INPUT: the images. */
static int stage_output(const struct net *net, int from)
{
    from = stage_before_forks(net, from);
    return from == INPUT ? net->input_at : net->stage[from].at[AT_Y];
}

/* Where the buffer is named for the gradient of stage `from`'s output; a fork has one for each
** branch. */
static int *gradient_of_branch(struct net *net, int from, int branch)
{
    struct stage *s = &net->stage[from];
    return &s->at[s->kind == STAGE_FORK ? AT_DBRANCH + branch : AT_DY];
}

static void output_buffers(struct net *net, int stage)
{
    struct stage *s = &net->stage[stage];
    size_t batch = (size_t)net->train.batch;
    struct shape o = s->out.shape;
    size_t values = batch*(size_t)o.h*(size_t)o.w*(size_t)o.c;
    if (s->kind == STAGE_LOSS || s->kind == STAGE_FORK)
        return;
    add_unborn(net, s, AT_Y, batch*s->out.image);
    net->buffer[s->at[AT_Y]].keep = s->out.keep || stage == stage_source(net, net->nstages - 1);
    if (s->pool != NO_LAYER)
        add_unborn(net, s, AT_ARGMAX, bytes(net, values));
}

static void dropout_buffers(struct net *net, int stage)
{
    struct stage *s = &net->stage[stage];
    struct shape o = s->out.shape;
    size_t values = (size_t)net->train.batch*(size_t)o.h*(size_t)o.w*(size_t)o.c;
    add_unborn(net, s, AT_MASK, bytes(net, values));
}

/* Gradients of outputs, the last stage's first: what is added shares one. */
static void gradient_buffers(struct net *net, int stage)
{
    struct stage *s = &net->stage[stage];
    size_t size = (size_t)net->train.batch*s->dy_image;
    if (!s->trains || s->kind == STAGE_LOSS)
        return;
    if (s->kind == STAGE_FORK) {
        for (int k = 0; k < net->layer[s->head].branches; k++)
            if (s->at[AT_DBRANCH + k] == NO_BUFFER)
                add_unborn(net, s, AT_DBRANCH + (enum stage_buffer)k, size);
        return;
    }
    if (s->at[AT_DY] == NO_BUFFER && gradient_of(net, s) == s) {
        add_unborn(net, s, AT_DY, size);
        /* The last lanes of the scores' stay zero. */
        net->buffer[s->at[AT_DY]].keep = stage == net->stage[net->nstages - 1].from;
    }
    if (s->kind == STAGE_ADD) {
        if (s->pointwise == NO_LAYER)
            s->at[AT_DSUM] = s->at[AT_DY];
        else
            add_unborn(net, s, AT_DSUM, size);
        for (int k = 0; k < s->branch->count; k++)
            *gradient_of_branch(net, s->branch->end[k], k) = s->at[AT_DSUM];
    }
}

/* What a stage needs of others: where its input lies, and that one's gradient. */
static void foreign_buffers(struct net *net, int stage)
{
    struct stage *s = &net->stage[stage];
    s->at[AT_X] = stage_output(net, s->from);
    if (s->from != INPUT)
        s->at[AT_DX] = *gradient_of_branch(net, s->from, net->layer[s->head].branch);
    for (int k = 0; s->branch && k < s->branch->count; k++) {
        const int end = s->branch->end[k];
        s->at[AT_BRANCH + k] = stage_output(net, end);
        if (s->kind != STAGE_ADD)
            s->at[AT_DBRANCH + k] = *gradient_of_branch(net, end, k);
    }
}

static size_t entries(size_t n)
{
    return 2*n;     /* struct entry: an index and a value, both padded to reals */
}

/* One set for all of a stage's regions: they run one after the other. */
static void winograd_buffers(struct net *net, struct stage *s)
{
    const struct weight_plan *weights = &s->conv->wgrad;
    const struct winograd *g = &weights->winograd;
    size_t v = 0, m = 0;
    for (int k = -1; k < s->conv->ndgrad; k++) {
        const struct sweep *f = k < 0 ? &s->conv->forward : &s->conv->dgrad[k];
        const struct winograd *w = &f->winograd;
        if (f->algorithm != BY_WINOGRAD)
            continue;
        v = max_size(v, (size_t)(w->side_h*w->side_w)*(size_t)w->v_xi);
        m = max_size(m, (size_t)(w->side_h*w->side_w)*(size_t)w->m_xi);
    }
    v = max_size(v, (size_t)(g->side_h*g->side_w)*(size_t)g->v_xi);
    if (v)
        add_own(net, s, AT_WINO_V, v);
    if (m)
        add_own(net, s, AT_WINO_M, m);
    if (weights->algorithm != BY_WINOGRAD)
        return;
    size_t places = (size_t)(g->side_h*g->side_w);
    add_own(net, s, AT_WINO_G, places*(size_t)g->g_xi);
    size_t blocks = (size_t)ceil_div(s->in.shape.c, g->u_channels)
                    * (size_t)ceil_div(s->conv->forward.co, g->u_filters);
    add_own(net, s, AT_WINO_U, max_size(blocks*(size_t)g->u_block, places*(size_t)g->u_xi));
    add_own(net, s, AT_WINO_DB, (size_t)g->g_tile);
}

/* A depthwise stage's channels repeated: of its input, in the other direction of its gradient. */
static void repeated_buffer(struct net *net, struct stage *s)
{
    size_t dx = (size_t)s->in.shape.h*(size_t)s->in.shape.w*(size_t)s->conv->forward.co;
    if (s->conv->multiplier > 1)
        add_own(net, s, AT_REPEATED, max_size(dx, s->conv->repeated.image));
}

/* And what its weight gradient sums up in. */
static void depth_buffers(struct net *net, struct stage *s)
{
    const struct sweep *f = &s->conv->forward;
    size_t sums = ((size_t)(f->kh*f->kw) + 1)*whole_units((size_t)f->co);
    add_own(net, s, AT_SUMS, sums);
    repeated_buffer(net, s);
}

static void forward_takes(const struct net *net, struct stage *s)
{
    s->at[AT_WEIGHT] = net->param[s->weight].at;
    s->at[AT_BIAS] = s->bias == NO_PARAM ? NO_BUFFER : net->param[s->bias].at;
}

/* What a forward pass works in: the transforms, or what is handed over to be pooled. */
static void forward_buffers(struct net *net, struct stage *s)
{
    winograd_buffers(net, s);
    if (s->pool != NO_LAYER && s->conv->forward.algorithm != BY_WINOGRAD)
        add_own(net, s, AT_BAND, (size_t)s->conv->forward.band*(size_t)s->conv->forward.out_row);
}

static void scatter_buffers(struct net *net, struct stage *s)
{
    const struct scatter *d = &s->conv->dgrad[0].scatter;
    const struct layer *pool = &net->layer[s->pool];
    size_t pixels = (size_t)(d->band*pool->kh*pool->kw*pool->out.w);
    add_own(net, s, AT_MAP, (size_t)(d->cblocks*d->map_size));
    add_own(net, s, AT_LISTS, entries(pixels*((size_t)pool->out.c + 1)));
    add_own(net, s, AT_ENDS, pixels*(size_t)d->blocks);
}

/* A narrow weight gradient: the sums, and those of a band, window by window. */
static void narrow_buffers(struct net *net, struct stage *s)
{
    const struct sweep *f = &s->conv->forward;
    const struct weight_plan *weights = &s->conv->wgrad;
    const struct layer *pool = layer_at(net, s->pool);
    size_t filters = (size_t)weights->filters;
    size_t pixels = (size_t)(weights->band*s->out.shape.w*(pool ? pool->kh*pool->kw : 1));
    add_own(net, s, AT_TAP_SUMS, (size_t)(f->kh*f->kw*f->ci + 1)*filters);
    add_own(net, s, AT_WINDOWS, pixels*(size_t)f->co + filters);
}

/* A picked one: the sums, and of a band gradients, choices, inputs. */
static void picked_buffers(struct net *net, struct stage *s)
{
    const struct sweep *f = &s->conv->forward;
    const struct weight_plan *g = &s->conv->wgrad;
    const size_t filters = (size_t)g->filters;
    const size_t values = (size_t)(g->band*s->out.shape.w*f->co) + filters;
    add_own(net, s, AT_TAP_SUMS, (size_t)(f->kh*f->kw*f->ci + 1)*filters);
    add_own(net, s, AT_WINDOWS, values);
    add_own(net, s, AT_CHOICES, values);
    add_own(net, s, AT_COPIED, (size_t)(g->table_rows*g->table_columns*PICKED_PLACES));
}

/* What a dense weight gradient takes at a time: gradients, copied inputs. */
static void dense_buffers(struct net *net, struct stage *s)
{
    const struct weight_plan *g = &s->conv->wgrad;
    size_t pixels = (size_t)(g->images*g->band*s->out.shape.w);
    add_own(net, s, AT_WINDOWS, pixels*(size_t)g->g_pixel);
    if (g->copied)
        add_own(net, s, AT_COPIED, pixels*(size_t)(g->vectors*net->vl));
}

static void weight_buffers(struct net *net, struct stage *s)
{
    const struct weight_plan *g = &s->conv->wgrad;
    if (g->algorithm == BY_NARROW)
        narrow_buffers(net, s);
    if (g->algorithm == BY_PICKED)
        picked_buffers(net, s);
    if (g->algorithm == BY_DENSE)
        dense_buffers(net, s);
    if (g->algorithm == BY_LISTS)
        add_own(net, s, AT_ENTRIES,
                entries((size_t)net->layer[s->head].filters*(size_t)g->list_space));
}

static void conv_buffers(struct net *net, int stage)
{
    struct stage *s = &net->stage[stage];
    const struct sweep *f = &s->conv->forward;
    const struct layer *l = &net->layer[s->head];
    size_t co = (size_t)l->filters, filter = (size_t)f->kh*(size_t)s->conv->row;
    size_t packed = f->packed_size;
    for (int k = 0; k < s->conv->ndgrad; k++)
        packed += s->conv->dgrad[k].packed_size;
    s->conv->group_size = (long)whole_units(co*filter + co);
    param_buffers(net, stage);
    forward_takes(net, s);
    add_own(net, s, AT_PACKED, packed);
    add_living(net, s, AT_PARTIAL, GROUPS*(size_t)s->conv->group_size,
               region_find(net, REGION_CONV_WGRAD, stage), region_of(net, stage, true));
    const bool depth = f->algorithm == BY_DEPTHWISE;
    if (s->needs_dx || depth)
        add_own(net, s, AT_EXPANDED, s->conv->expanded.image);
    add_own(net, s, AT_GRADIENT, filter);
    forward_buffers(net, s);
    if (depth)
        depth_buffers(net, s);
    if (s->conv->ndgrad && s->conv->dgrad[0].algorithm == BY_SCATTER)
        scatter_buffers(net, s);
    weight_buffers(net, s);
}

/* The mirror of a deconv has the deconv's buffers; what it reads is the gradient of the deconv's
** output, and the deconv's input is what it has for a gradient. */
static void mirror_buffers(struct stage *s)
{
    struct stage *m = s->mirror;
    memcpy(m->at, s->at, sizeof m->at);
    m->at[AT_X] = s->at[AT_HALOED];
    m->at[AT_DY] = s->at[AT_X];
    m->at[AT_BIAS] = NO_BUFFER;
}

static void deconv_buffers(struct net *net, int stage)
{
    struct stage *s = &net->stage[stage], *m = s->mirror;
    struct conv_plan *conv = m->conv;
    const size_t batch = (size_t)net->train.batch, filters = (size_t)net->layer[m->head].filters;
    const size_t filter = (size_t)net->layer[m->head].kh*(size_t)conv->row;
    const int first = region_of(net, stage, false), update = region_of(net, stage, true);
    const int gradients = region_find(net, REGION_CONV_WGRAD, stage);
    conv->group_size = (long)whole_units(filters*filter + filters);
    param_buffers(net, stage);
    forward_takes(net, s);
    add_own(net, s, AT_PACKED, conv->forward.packed_at + conv->forward.packed_size);
    add_living(net, s, AT_PARTIAL, GROUPS*(size_t)conv->group_size, gradients, update);
    add_living(net, s, AT_HALOED, batch*m->in.image, first, gradients);
    net->buffer[s->at[AT_HALOED]].keep = m->in.keep;
    if (s->bias != NO_PARAM)
        add_living(net, s, AT_BIAS_SUMS, batch*whole_units((size_t)s->out.shape.c), first, update);
    add_own(net, s, AT_GRADIENT, filter);
    memcpy(m->at, s->at, sizeof m->at);
    weight_buffers(net, m);
    memcpy(s->at, m->at, sizeof s->at);
}

/* What an affine stage's forward pass works in. */
static void forward_sums(struct net *net, struct stage *s)
{
    const struct affine_plan *a = s->affine;
    if (!s->fold)
        add_own(net, s, AT_TURNED, (size_t)(PANEL*a->block));
    add_own(net, s, AT_SUMS, (size_t)(a->images*a->blocks_together*a->block));
}

static void affine_buffers(struct net *net, int stage)
{
    struct stage *s = &net->stage[stage];
    size_t batch = (size_t)net->train.batch, units = (size_t)s->out.shape.c;
    param_buffers(net, stage);
    forward_takes(net, s);
    int first = region_of(net, stage, false), last = region_of(net, stage, true);
    forward_sums(net, s);
    if (s->affine->backward == BY_DENSE)
        return;
    size_t starts = (size_t)ceil_div(s->out.shape.c, s->affine->rows) + 1;
    size_t unit_starts = (size_t)ceil_div(net->train.batch, s->affine->listed) + 1;
    add_living(net, s, AT_IMAGE_LIST, entries(batch*(units + 1)), first, last);
    add_living(net, s, AT_IMAGE_STARTS, batch*starts, first, last);
    add_living(net, s, AT_UNIT_LIST, entries(units*(batch + 1)), first, last);
    add_living(net, s, AT_UNIT_STARTS, units*unit_starts, first, last);
}

/* The norm stage whose moments stage `from` gathers. */
static int gathers(const struct net *net, int from)
{
    return from == INPUT || !net->stage[from].conv ? NO_STAGE : net->stage[from].conv->gathers;
}

static void norm_buffers(struct net *net, int stage)
{
    struct stage *s = &net->stage[stage];
    size_t c = (size_t)s->out.shape.c, batch = (size_t)net->train.batch;
    param_buffers(net, stage);
    int gatherer = gathers(net, s->from) == stage ? s->from : stage;
    add_living(net, s, AT_MOMENTS, batch*(size_t)s->norm->blocks*2*whole_units(c),
               forward_region(net, gatherer, false), region_of(net, stage, true));
    add_own(net, s, AT_COEFFICIENTS, 6*whole_units(c));
}

static void prelu_buffers(struct net *net, int stage)
{
    struct stage *s = &net->stage[stage];
    param_buffers(net, stage);
    forward_takes(net, s);
    add_living(net, s, AT_MOMENTS,
               (size_t)net->train.batch*whole_units((size_t)s->out.shape.c),
               region_of(net, stage, false), region_of(net, stage, true));
}

/* A folded stage: its own weights and scratch (its tiles need not be the head's), and the
** output of the last stage that it stands for. */
static void folded_buffers(struct net *net, struct stage *f)
{
    size_t units = (size_t)net->layer[f->head].filters;
    const struct stage *end = &net->stage[f->fold->end];
    f->at[AT_X] = stage_output(net, f->from);
    f->at[AT_Y] = end->at[AT_Y];
    f->at[AT_ARGMAX] = end->at[AT_ARGMAX];
    if (f->fold->norm == NO_STAGE)
        f->at[AT_BIAS] = net->stage[f->fold->head].at[AT_BIAS];
    else
        add_own(net, f, AT_BIAS, whole_units(units));
    if (f->kind == STAGE_AFFINE) {
        add_own(net, f, AT_WEIGHT, (size_t)f->affine->columns*(size_t)f->affine->stored);
        forward_sums(net, f);
    } else if (f->kind == STAGE_DECONV) {
        const struct layer *l = &net->layer[f->head];
        add_own(net, f, AT_PACKED, f->mirror->conv->forward.packed_at);
        add_own(net, f, AT_FILTERS, LANES*(size_t)l->kh*(size_t)f->mirror->conv->row);
        mirror_buffers(f);
    } else {
        add_own(net, f, AT_PACKED, f->conv->forward.packed_size);
        add_own(net, f, AT_FILTERS, LANES*(size_t)f->conv->forward.kh*(size_t)f->conv->row);
        forward_buffers(net, f);
        repeated_buffer(net, f);
    }
    /* What it reads lasts until its end is written. */
    touch(net, f->at[AT_X], forward_region(net, f->fold->end, true));
}

/* Emitted code can address the arena; false: it was said that it cannot. */
static bool arena_fits(const struct net *net)
{
    /* Offsets in emitted code are int constants. */
    if (net->arena <= INT_MAX && net->scratch <= INT_MAX / 64)
        return true;
    visible_print(stderr, "%s: error: %s needs %.1f GiB at batch %d, more than a program can "
                  "address; make the batch or the network smaller\n", net->path, net->name,
                  (double)net->arena*(double)real_size(net) / (1 << 30), net->train.batch);
    return false;
}

/* What a kind of stage has beside its output, its gradients and what it reads. */
static void (*const own_buffers[STAGE_KINDS])(struct net *, int stage) = {
    [STAGE_CONV] = conv_buffers, [STAGE_AFFINE] = affine_buffers, [STAGE_NORM] = norm_buffers,
    [STAGE_DROPOUT] = dropout_buffers, [STAGE_PRELU] = prelu_buffers,
    [STAGE_DECONV] = deconv_buffers,
};

bool mem(struct net *net)
{
    assert(net->nregions > 0);
    for (int i = 0; i < net->nstages; i++)
        no_buffers(&net->stage[i]);
    for (int i = 0; i < net->nfolded; i++)
        no_buffers(&net->folded[i]);
    if (net->inference)         /* stream.c has windows */
        return true;
    find_regions(net);
    size_t batch = (size_t)net->train.batch;
    const struct map *in = &net->stage[0].in;
    net->input_at = add_kept(net, "input", "x", batch*in->image);
    for (int i = 0; i < net->nstages; i++) {
        const struct stage *s = &net->stage[i];
        output_buffers(net, i);
        if (own_buffers[s->kind])
            own_buffers[s->kind](net, i);
    }
    for (int i = net->nstages - 1; i >= 0; i--)
        gradient_buffers(net, i);
    for (int i = 0; i < net->nstages; i++)
        foreign_buffers(net, i);
    for (int i = 0; i < net->nstages; i++)
        if (net->stage[i].mirror)
            mirror_buffers(&net->stage[i]);
    lifetimes(net);
    net->losses_at = add_kept(net, "loss", "losses", batch);
    for (int i = 0; i < net->nfolded; i++)
        folded_buffers(net, &net->folded[i]);
    mark_inference(net);
    net->arena = place_arena(net);
    net->scratch = place_scratch(net);
    if (net->mpi)
        plan_exchanges(net);
    return arena_fits(net);
}
