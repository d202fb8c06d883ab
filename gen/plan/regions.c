/*
** regions.c - the parallel regions of a step and of inference, in order, each with how it is cut
** into items, its FLOP and the bytes that it moves at least; between two of them all threads meet.
** The bytes: every map, weight and moment that a region needs counts once where it is read and
** once where it is written, as though the caches held nothing before and all of it in between:
** what no way of computing the region can avoid. Halos, scratch, lists and partial sums count
** nothing; an update is Adam's.
*/
#include "plan/regions.h"

#include <assert.h>

#include "base/small.h"
#include "plan/choice.h"
#include "plan/passes.h"
#include "plan/through.h"

/* ---- how a region is cut into items ---- */

static int winograd_parts(const struct stage *s)
{
    const struct sweep *f = &s->conv->forward;
    const struct winograd *w = &f->winograd;
    if (!w->by_panels)
        return w->rows / w->rows_together;
    /* Moments are gathered of all channels. */
    return s->conv->gathers == NO_STAGE ? f->blocks + (f->last != 0) : 1;
}

static int forward_parts(const struct stage *s)
{
    switch (s->kind) {
    case STAGE_CONV:
        return s->conv->forward.algorithm == BY_WINOGRAD ? winograd_parts(s) : s->conv->parts;
    case STAGE_DECONV:
        return s->mirror->conv->parts;
    case STAGE_POOL:
    case STAGE_AVERAGE:
    case STAGE_UPSAMPLE:
        return s->out.shape.h;
    case STAGE_AFFINE:
        return ceil_div(s->out.shape.c, s->affine->block);
    default:
        return 1;
    }
}

static int lanes_of_channels(const struct stage *s)
{
    return ceil_div(s->out.shape.c, LANES);
}

static int lanes_of_filters(const struct stage *s)
{
    return lanes_of_channels(s->mirror ? s->mirror : s);
}

static int parts_of_group(const struct stage *s)
{
    return (s->mirror ? s->mirror : s)->conv->wgrad.parts;
}

static int lists(const struct stage *s)
{
    return GROUPS + lanes_of_channels(s);
}

static int panels(const struct stage *s)
{
    struct shape in = s->in.shape;
    return ceil_div(in.h*in.w*in.c, PANEL);
}

/* Images of an item; 0: as model.h has it. */
static int images(const struct stage *s, enum region_kind kind)
{
    bool forward = kind == REGION_FORWARD || kind == REGION_FOLDED;
    if (forward && s->kind == STAGE_AFFINE)
        return s->affine->images;
    if (s->kind != STAGE_CONV || (!forward && kind != REGION_CONV_DGRAD))
        return 0;
    const struct sweep *sweep = forward ? &s->conv->forward : &s->conv->dgrad[0];
    return sweep->algorithm == BY_WINOGRAD ? sweep->winograd.images : 0;
}

/* ---- which regions there are ---- */

static bool passes_on(const struct net *net, int stage)
{
    return net->stage[stage].needs_dx;
}

static bool passes_itself(const struct net *net, int stage)
{
    return passes_on(net, stage) && !is_through(net, stage);
}

static bool sums_itself(const struct net *net, int stage)
{
    return !is_summed(net, stage);
}

/* No stage before it gathers its moments. */
static bool gathers_itself(const struct net *net, int stage)
{
    int from = net->stage[stage].from;
    return from == INPUT || !net->stage[from].conv || net->stage[from].conv->gathers != stage;
}

static bool has_lists(const struct net *net, int stage)
{
    return net->stage[stage].affine->backward == BY_LISTS;
}

static bool has_bias(const struct net *net, int stage)
{
    return net->layer[net->stage[stage].head].bias;
}

static bool has_dense_bias(const struct net *net, int stage)
{
    return !has_lists(net, stage) && has_bias(net, stage);
}

/* A sum's gradient is its parts'. */
static bool has_backward(const struct net *net, int stage)
{
    return net->stage[stage].kind != STAGE_ADD || net->stage[stage].pointwise != NO_LAYER;
}

enum { FORWARD = 1, WEIGHTS = 2, DATA = 4 };            /* FLOP */
enum { IN = 1, OUT = 2, DY = 4, DX = 8 };               /* maps */
enum { OWN = 1, BELOW = 2 };                            /* parameters: the stage's; beneath it */
enum { UPDATE = 6 };            /* passes over weights: they and both moments, read and written */

const struct region_def region_defs[REGION_KINDS] = {
    [REGION_FORWARD] =         { "fwd", "forward", SPLIT_IMAGES, forward_parts, .work = FORWARD,
                                 .weights = 1, .moves = IN | OUT },
    [REGION_FOLDED] =          { "fwd", "forward", SPLIT_IMAGES, forward_parts, .work = FORWARD,
                                 .weights = 1, .moves = IN | OUT },
    [REGION_LOSS] =            { "loss", "loss", SPLIT_GROUPS, .moves = IN | DX },
    [REGION_AFFINE_LISTS] =    { "lists", "gradient lists", SPLIT_FIXED, lists, .moves = DY,
                                 .taken = has_lists, .serves = OWN | BELOW },
    [REGION_AFFINE_BIAS] =     { "bias", "bias gradient + update", SPLIT_FIXED, lanes_of_channels,
                                 .moves = DY, .taken = has_dense_bias, .serves = OWN },
    [REGION_AFFINE_BACKWARD] = { "bwd", "backward + update", SPLIT_PANELS, panels,
                                 .work = WEIGHTS | DATA, .weights = UPDATE,
                                 .moves = IN | OUT | DX, .serves = OWN | BELOW },
    [REGION_NORM_STATISTICS] = { "statistics", "statistics", SPLIT_IMAGES, .moves = IN,
                                 .taken = gathers_itself },
    [REGION_NORM_MERGE] =      { "merge", "merge", SPLIT_FIXED, .count = lanes_of_channels },
    [REGION_NORM_SUMS] =       { "sums", "gradient sums", SPLIT_IMAGES, .moves = IN | DY,
                                 .taken = sums_itself, .serves = OWN | BELOW },
    [REGION_NORM_UPDATE] =     { "update", "update", SPLIT_FIXED, .count = lanes_of_channels,
                                 .serves = OWN | BELOW },
    [REGION_NORM_BACKWARD] =   { "data", "data gradient", SPLIT_IMAGES, .moves = IN | DY | DX,
                                 .taken = passes_itself, .serves = BELOW },
    [REGION_BACKWARD] =        { "bwd", "backward", SPLIT_IMAGES, .moves = DY | DX,
                                 .taken = has_backward, .serves = BELOW },
    [REGION_PRELU_BACKWARD] =  { "bwd", "backward", SPLIT_IMAGES, .moves = IN | DY | DX,
                                 .serves = OWN | BELOW },
    [REGION_PRELU_UPDATE] =    { "update", "update", SPLIT_FIXED, .count = lanes_of_channels,
                                 .serves = OWN },
    [REGION_CONV_DGRAD] =      { "data", "data gradient", SPLIT_IMAGES, .work = DATA,
                                 .weights = 1, .moves = DY | DX, .taken = passes_on,
                                 .serves = BELOW },
    [REGION_CONV_WGRAD] =      { "weights", "weight gradient", SPLIT_GROUPS, parts_of_group,
                                 .work = WEIGHTS, .weights = 1, .moves = DY | IN,
                                 .serves = OWN },
    [REGION_CONV_UPDATE] =     { "update", "update", SPLIT_FIXED, lanes_of_filters,
                                 .weights = UPDATE + 1, .serves = OWN },
    [REGION_DECONV_DGRAD] =    { "data", "data gradient", SPLIT_IMAGES, .work = DATA,
                                 .weights = 1, .moves = DY | DX, .serves = OWN | BELOW },
    [REGION_DECONV_BIAS] =     { "bias", "bias gradient + update", SPLIT_FIXED, lanes_of_channels,
                                 .taken = has_bias, .serves = OWN },
};

/* A stage's regions in their order, forward and, if it or something below is trained,
** backward. */
static const struct { enum region_kind forward[4], backward[5]; } stage_regions[STAGE_KINDS] = {
    [STAGE_CONV] =      { { REGION_FORWARD },           /* the update changes what DGRAD reads */
                          { REGION_CONV_DGRAD, REGION_CONV_WGRAD, REGION_CONV_UPDATE } },
    [STAGE_DECONV] =    { { REGION_FORWARD },           /* DGRAD puts zeros around what the others
                                                           read */
                          { REGION_DECONV_DGRAD, REGION_DECONV_BIAS, REGION_CONV_WGRAD,
                            REGION_CONV_UPDATE } },
    [STAGE_AFFINE] =    { { REGION_FORWARD },
                          { REGION_AFFINE_LISTS, REGION_AFFINE_BIAS, REGION_AFFINE_BACKWARD } },
    [STAGE_NORM] =      { { REGION_NORM_STATISTICS, REGION_NORM_MERGE, REGION_FORWARD },
                          { REGION_NORM_SUMS, REGION_NORM_UPDATE, REGION_NORM_BACKWARD } },
    [STAGE_POOL] =      { { REGION_FORWARD }, { REGION_BACKWARD } },
    [STAGE_AVERAGE] =   { { REGION_FORWARD }, { REGION_BACKWARD } },
    [STAGE_POINTWISE] = { { REGION_FORWARD }, { REGION_BACKWARD } },
    [STAGE_DROPOUT] =   { { REGION_FORWARD }, { REGION_BACKWARD } },
    [STAGE_PRELU] =     { { REGION_FORWARD }, { REGION_PRELU_BACKWARD, REGION_PRELU_UPDATE } },
    [STAGE_RESHAPE] =   { { REGION_FORWARD }, { REGION_BACKWARD } },
    [STAGE_UPSAMPLE] =  { { REGION_FORWARD }, { REGION_BACKWARD } },
    [STAGE_ADD] =       { { REGION_FORWARD }, { REGION_BACKWARD } },
    [STAGE_JOIN] =      { { REGION_FORWARD }, { REGION_BACKWARD } },
    [STAGE_PRODUCT] =   { { REGION_FORWARD }, { REGION_BACKWARD } },
    [STAGE_FORK] =      { { REGION_NONE },    { REGION_BACKWARD } },
    [STAGE_LOSS] =      { { REGION_NONE },    { REGION_LOSS } },
};

/* ---- what a region takes ---- */

static double values(struct shape s)
{
    return (double)s.h*s.w*s.c;
}

/* Reals of an image's output gradient with what says where it is passed on: the outputs of
** a pointwise layer, a byte a value of a pool; of a fork all branches'. */
static double gradient(const struct net *net, const struct stage *s)
{
    double n = values(s->out.shape), all = n;
    if (s->kind == STAGE_FORK)
        return n*net->layer[s->head].branches;
    if (s->relu != NO_LAYER || (s->norm ? by_output(net, s) : s->pointwise != NO_LAYER))
        all += n;
    if (s->pool != NO_LAYER || s->kind == STAGE_DROPOUT)
        all += n / (double)real_size(net);
    return all;
}

/* Where sums are made of what is written, the norm's input is read for them. */
static double reals_of_sums(const struct net *net, const struct stage *s)
{
    return s->conv->sums == NO_STAGE ? 0 : values(net->stage[s->conv->sums].in.shape);
}

/* What a stage reads; trained: as far as it passes gradients on. */
static double inputs(const struct net *net, const struct stage *s, bool trained)
{
    double n = s->branch || (trained && !s->needs_dx) ? 0 : values(s->in.shape);
    for (int k = 0; s->branch && k < s->branch->count; k++)
        if (!trained || net->stage[s->branch->end[k]].trains)
            n += values(s->branch->in[k].shape);
    return n;
}

static double reals_of_image(const struct net *net, const struct stage *s, unsigned moves)
{
    double n = 0;
    if (moves & IN || (moves & DX && s->kind == STAGE_PRODUCT))
        n += inputs(net, s, false);
    if (moves & OUT)
        n += values(s->out.shape);
    if (moves & DY) {
        const struct stage *of = gradient_of(net, s);
        n += gradient(net, of);
        if (of != s)
            n += values(of->in.shape);
    }
    if (moves & DX)     /* a sum's branches share one */
        n += s->kind == STAGE_ADD ? values(s->out.shape) : inputs(net, s, true);
    return n;
}

/* The first parameter of a stage, or of those after it. */
static int first_param(const struct net *net, int stage)
{
    int p = 0;
    while (p < net->nparams && net->param[p].stage < stage)
        p++;
    return p;
}

/* An update has what it reads in sums; all else of a stage that reads the images may read them.
** A loss may read targets, which come with the images. */
static bool reads_input(const struct net *net, enum region_kind kind, int stage)
{
    const struct stage *s = &net->stage[stage];
    const struct branch_plan *b = s->branch;
    if (s->kind == STAGE_LOSS)
        return net->layer[s->head].target != TARGET_LABEL;
    bool images = stage_source(net, stage) == INPUT;
    for (int k = 0; b && k < b->count; k++)
        images |= stage_before_forks(net, b->end[k]) == INPUT;
    return kind != REGION_CONV_UPDATE && images;
}

/* Where frozen parameters let it be left out, and what it then does not read. */
static void plan_need(const struct net *net, struct region_plan *r)
{
    const unsigned serves = region_defs[r->kind].serves;
    if (serves)
        r->to = first_param(net, serves & OWN ? r->stage + 1 : r->stage);
    if (serves == OWN)
        r->from = first_param(net, r->stage);
    r->reads_input = reads_input(net, r->kind, r->stage);
}

static struct region_plan plan(const struct net *net, enum region_kind kind, int stage)
{
    const struct region_def *def = &region_defs[kind];
    struct region_plan r = { .kind = kind, .stage = stage, .split = def->split };
    const struct stage *s = region_stage(net, &r);
    double reals = s->weight == NO_PARAM ? 0 : (double)net->param[s->weight].stored;
    r.count = def->count ? def->count(s) : def->split != SPLIT_GROUPS;
    r.images = images(s, kind);
    r.fewer = r.images > 1 && s->kind == STAGE_CONV && r.count == 1;
    r.flop = (def->work & FORWARD ? s->flop_forward : 0) + (def->work & WEIGHTS ? s->flop_wgrad : 0)
             + (def->work & DATA ? s->flop_dgrad : 0);
    r.bytes_fixed = def->weights*reals*(double)real_size(net);
    r.bytes_image = (reals_of_image(net, s, def->moves)
                     + (kind == REGION_CONV_DGRAD ? reals_of_sums(net, s) : 0))
                    * (double)real_size(net);
    return r;
}

/* ---- the lists ---- */

static void add_region(struct net *net, const struct region_plan *r)
{
    net->region = grow(net->region, (size_t)net->nregions + 1, sizeof *net->region);
    net->region[net->nregions++] = *r;
}

/* late: an update that waits, of kind REGION_NONE if there is none. */
static void add_late(struct net *net, struct region_plan *late)
{
    if (late->kind != REGION_NONE)
        add_region(net, late);
    late->kind = REGION_NONE;
}

/* Ranks tell each other a convolution's gradients, and compute those of the one before meanwhile:
** its update is after them. */
static void add_regions(struct net *net, const enum region_kind *kind, int stage,
                        struct region_plan *late)
{
    for (; *kind != REGION_NONE; kind++) {
        if (region_defs[*kind].taken && !region_defs[*kind].taken(net, stage))
            continue;
        const struct region_plan r = plan(net, *kind, stage);
        if (net->mpi && r.kind == REGION_CONV_UPDATE)
            *late = r;
        else
            add_region(net, &r);
        if (r.kind == REGION_CONV_WGRAD)
            add_late(net, late);
    }
}

/* Input to scores, without what only training needs. */
static void inference_regions(struct net *net)
{
    net->infer = alloc((size_t)net->nforward, sizeof *net->infer);
    for (int r = 0; r < net->nforward; r++) {
        const struct region_plan *region = &net->region[r];
        const struct stage *s = &net->stage[region->stage];
        if (s->folded != NO_STAGE)
            net->infer[net->ninfer++] = plan(net, REGION_FOLDED, s->folded);
        else if (!s->in_folded && region->kind != REGION_NORM_STATISTICS)
            net->infer[net->ninfer++] = *region;
    }
}

void region_title(const struct net *net, const struct region_plan *region, char *title,
                  size_t size)
{
    snprintf(title, size, "%s %s", region_stage(net, region)->name,
             region_defs[region->kind].title);
}

void region_items(const struct region_plan *region, char items[REGION_ITEMS])
{
    static const char *const splits[] = { [SPLIT_IMAGES] = "images", [SPLIT_GROUPS] = "groups",
                                          [SPLIT_FIXED] = "parts", [SPLIT_PANELS] = "panels" };
    char count[16] = "", images[32] = "";
    if (region->count)
        snprintf(count, sizeof count, " x %d", region->count);
    if (region->images)
        snprintf(images, sizeof images, " for %d image%s%s", region->images,
                 region->images > 1 ? "s" : "", region->fewer ? " or fewer" : "");
    snprintf(items, REGION_ITEMS, "%s%s%s", splits[region->split], count, images);
}

int region_find(const struct net *net, enum region_kind kind, int stage)
{
    int r = net->nregions - 1;
    while (r >= 0 && (net->region[r].kind != kind || net->region[r].stage != stage))
        r--;
    return r;
}

/* `lathe tune` measures what was chosen by a region that there is. */
static bool is_measured(const struct net *net, const struct choice *c)
{
    const struct region_plan *r = c->region.kind == REGION_FOLDED ? net->infer : net->region;
    const int n = c->region.kind == REGION_FOLDED ? net->ninfer : net->nregions;
    int k = 0;
    while (k < n && (r[k].kind != c->region.kind || r[k].stage != c->region.stage))
        k++;
    return k < n;
}

bool regions(struct net *net)
{
    assert(net->nstages > 0 && net->nparams > 0);
    struct region_plan late = { .kind = REGION_NONE };
    for (int i = 0; i < net->nstages; i++)
        add_regions(net, stage_regions[net->stage[i].kind].forward, i, &late);
    net->nforward = net->nregions;
    inference_regions(net);
    for (int i = net->nstages - 1; i >= 0; i--)
        if (net->stage[i].trains)
            add_regions(net, stage_regions[net->stage[i].kind].backward, i, &late);
    add_late(net, &late);
    for (int r = net->nforward; r < net->nregions; r++)
        plan_need(net, &net->region[r]);
    for (int k = 0; k < net->nchoices; k++)
        assert(net->choice[k].ncandidates < 2 || is_measured(net, &net->choice[k]));
    return true;
}
