/*
** mem.c - places every buffer in one arena. Two buffers may share memory when
** no region needs both, unless one of them holds zeros or parameters that must
** last. A training step allocates nothing.
*/
#include <assert.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/core/model.h"
#include "runtime/base/visible.h"
#include "base/names.h"
#include "base/net.h"

enum { UNIT = ALIGN / sizeof(float) };  /* buffers start at multiples of it, in both types */

static size_t round_up(size_t n)
{
    return (n + UNIT - 1) / UNIT * UNIT;
}

static int add(struct net *net, const char *owner, const char *what, size_t size)
{
    net->buffer = grow(net->buffer, (size_t)net->nbuffers + 1, sizeof *net->buffer);
    struct buffer *b = &net->buffer[net->nbuffers];
    *b = (struct buffer){ .size = round_up(size + UNIT), .first = 0, .last = net->nregions };
    snprintf(b->name, sizeof b->name, "%s.%s", owner, what);
    return net->nbuffers++;
}

static int add_kept(struct net *net, const char *owner, const char *what, size_t size)
{
    int b = add(net, owner, what, size);
    net->buffer[b].keep = true;
    return b;
}

static int add_living(struct net *net, const char *owner, const char *what, size_t size,
                      int first, int last)
{
    int b = add(net, owner, what, size);
    net->buffer[b].first = first;
    net->buffer[b].last = last;
    return b;
}

static int add_scratch(struct net *net, const char *owner, const char *what, size_t size,
                       bool keep)
{
    int b = add(net, owner, what, size);
    net->buffer[b].scratch = true;
    net->buffer[b].keep = keep;
    return b;
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

/* The first or the last forward region of a stage; none: behind all. */
static int forward_region(const struct net *net, int stage, bool last)
{
    const struct stage *s = &net->stage[stage];
    int found = last ? s->forward_regions.last : s->forward_regions.first;
    return found < 0 ? net->nforward : found;
}

/* Bytes as reals. */
static size_t bytes(const struct net *net, size_t n)
{
    size_t real_bytes = net->f64 ? sizeof(double) : sizeof(float);
    return (n + real_bytes - 1) / real_bytes;
}

/* What a later group sets counts; a new optimizer brings its own rates. */
static void merge_group(struct own_settings *to, const struct own_settings *from)
{
    if (from->set & OWN_OPTIMIZER) {
        to->optimizer = from->optimizer;
        for (int k = 0; k < RATES; k++)
            to->set &= ~((unsigned)OWN_RATE << k);
    }
    for (int k = 0; k < RATES; k++)
        if (from->set & (unsigned)OWN_RATE << k)
            to->rate[k] = from->rate[k];
    if (from->set & OWN_REG)
        to->reg = from->reg;
    if (from->set & OWN_DECAY)
        to->lr_decay = from->lr_decay;
    if (from->set & OWN_SCHEDULE)
        to->schedule = from->schedule;
    if (from->set & OWN_FREEZE)
        to->freeze = from->freeze;
    to->set |= from->set;
}

/*
** The groups by what they select, in their order; of those of one selector that set the same, the
** last counts.
*/
struct selection {
    struct names first;         /* of each selector, */
    int *next;                  /* and from one to the next; -1: that was the last */
};

static bool is_muon(const struct group_setting *g)
{
    return g->own.set & OWN_OPTIMIZER && g->own.optimizer == UPDATE_MUON;
}

static struct selection select_groups(const struct net *net)
{
    struct selection s = { .next = alloc((size_t)net->ngroups, sizeof *s.next) };
    struct names seen = { 0 };
    for (int k = net->ngroups - 1; k >= 0; k--) {
        const struct group_setting *g = &net->group[k];
        char what[sizeof g->selector + 32];
        snprintf(what, sizeof what, "%s %u %d", g->selector, g->own.set, is_muon(g));
        if (names_find(&seen, what) >= 0)
            continue;
        names_add(&seen, what, k);
        s.next[k] = names_find(&s.first, g->selector);
        names_add(&s.first, g->selector, k);
    }
    names_free(&seen);
    return s;
}

/* What selects a parameter by what it is, and not by its layer's name. */
static const char *selector_of(const struct net_param *p)
{
    return p->role == ROLE_WEIGHT ? p->kind == PARAM_CONV ? "conv" : "affine"
           : p->role == ROLE_BIAS ? "bias" : "gain";
}

static bool is_selector(const char *name)
{
    static const char *const words[] = { "conv", "affine", "bias", "gain" };
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (!strcmp(words[k], name))
            return true;
    return false;
}

/* All groups that select p, the first one first. */
static void own_settings(const struct net *net, const struct selection *s, struct net_param *p,
                         const char *owner)
{
    int at[] = { names_find(&s->first, selector_of(p)), names_find(&s->first, p->name),
                 is_selector(owner) ? -1 : names_find(&s->first, owner) };
    while (p->role != ROLE_STATISTIC) {
        int *least = NULL;
        for (size_t k = 0; k < sizeof at / sizeof *at; k++)
            if (at[k] >= 0 && (!least || at[k] < *least))
                least = &at[k];
        if (!least)
            break;
        const struct group_setting *g = &net->group[*least];
        if (!is_muon(g) || p->kind == PARAM_CONV)
            merge_group(&p->own, &g->own);
        *least = s->next[*least];
    }
    if (p->first == INIT_WHITEN) {
        p->own.set |= OWN_FREEZE;
        p->own.freeze = 0;
    }
}

/* A parameter `what` of a stage, with both moments of the optimizers. */
static int add_param(struct net *net, int stage, const char *what, struct net_param param)
{
    net->param = grow(net->param, (size_t)net->nparams + 1, sizeof *net->param);
    struct net_param *p = &net->param[net->nparams];
    const char *owner = net->stage[stage].name;
    char moment[NAME_MAX_LEN];
    *p = param;
    p->stage = stage;
    snprintf(p->name, sizeof p->name, "%s.%s", owner, what);
    p->at = add_kept(net, owner, what, p->stored);
    snprintf(moment, sizeof moment, "%s.m", what);
    p->m = add_kept(net, owner, moment, p->stored);
    snprintf(moment, sizeof moment, "%s.v", what);
    p->v = add_kept(net, owner, moment, p->stored);
    return net->nparams++;
}

/* A weight of `stored` reals; its partial sums of squares have `slots`. */
static int add_weight(struct net *net, int stage, enum param_kind kind, size_t stored, int fan_in,
                      size_t slots)
{
    const struct layer *l = &net->layer[net->stage[stage].head];
    double std = l->own_init ? l->init_std : net->train.init_std;
    double fan_out = (double)l->filters / l->groups*(kind == PARAM_CONV ? l->kh*l->kw : 1);
    if (std < 0)    /* He et al., arXiv:1502.01852; Glorot and Bengio, AISTATS 2010 */
        std = l->init_rule == RULE_XAVIER ? sqrt(2 / (fan_in + fan_out)) : sqrt(2.0 / fan_in);
    net->stage[stage].sumsq = net->nsumsq;
    net->nsumsq += slots;
    return add_param(net, stage, "weight", (struct net_param){
        .role = ROLE_WEIGHT, .kind = kind, .fan_in = fan_in, .init = std, .stored = stored,
        .own_init = l->own_init, .first = l->first,
        .sumsq = net->nsumsq - slots, .nsumsq = (int)slots });
}

/* One value a channel or unit, all `start` at first. */
static int add_vector(struct net *net, int stage, enum param_role role, const char *what,
                      size_t count, int fan_in, double start)
{
    return add_param(net, stage, what, (struct net_param){
        .role = role, .kind = PARAM_VECTOR, .fan_in = fan_in, .init = -1, .start = start,
        .stored = round_up(count) });
}

int stage_output(const struct net *net, int from)
{
    while (from != INPUT && net->stage[from].kind == STAGE_FORK)
        from = net->stage[from].from;
    return from == INPUT ? net->input_at : net->stage[from].at.y;
}

int stage_gradient(const struct net *net, int stage)
{
    int from = net->stage[stage].from;
    if (from == INPUT)
        return NO_BUFFER;
    const struct stage *s = &net->stage[from];
    return s->kind == STAGE_FORK && stage != from + 1 ? s->at.dy_other : s->at.dy;
}

/* A buffer that is alive in no region yet. */
static int add_unborn(struct net *net, const char *owner, const char *what, size_t size)
{
    return add_living(net, owner, what, size, net->nregions, -1);
}

static void output_buffers(struct net *net, int stage)
{
    struct stage *s = &net->stage[stage];
    size_t batch = (size_t)net->train.batch;
    if (s->kind == STAGE_LOSS || s->kind == STAGE_FORK)
        return;
    s->at.y = add_unborn(net, s->name, "y", batch*s->out.image);
    net->buffer[s->at.y].keep = s->out.keep || stage == stage_source(net, net->nstages - 1);
    if (s->pool != NO_LAYER || s->kind == STAGE_DROPOUT) {
        struct shape o = s->out.shape;
        size_t values = (size_t)o.h*(size_t)o.w*(size_t)o.c;
        s->at.argmax = add_unborn(net, s->name, s->kind == STAGE_DROPOUT ? "mask" : "argmax",
                                  bytes(net, batch*values));
    }
}

/* Gradients of outputs, the last stage's first: what is added shares one. */
static void gradient_buffers(struct net *net, int stage)
{
    struct stage *s = &net->stage[stage];
    size_t size = (size_t)net->train.batch*s->dy_image;
    if (!s->trains || s->kind == STAGE_LOSS)
        return;
    if (s->at.dy == NO_BUFFER) {
        s->at.dy = add_unborn(net, s->name, "dy", size);
        /* The last lanes of the scores' stay zero. */
        net->buffer[s->at.dy].keep = stage == net->stage[net->nstages - 1].from;
    }
    if (s->kind == STAGE_FORK && s->at.dy_other == NO_BUFFER)
        s->at.dy_other = add_unborn(net, s->name, "dy_other", size);
    if (s->kind == STAGE_ADD) {
        s->at.dsum = s->pointwise == NO_LAYER ? s->at.dy
                                              : add_unborn(net, s->name, "dsum", size);
        struct stage *body = &net->stage[s->from], *other = &net->stage[s->other];
        body->at.dy = s->at.dsum;
        *(other->kind == STAGE_FORK ? &other->at.dy_other : &other->at.dy) = s->at.dsum;
    }
}

static void touch(struct net *net, int buffer, int region)
{
    if (buffer == NO_BUFFER)
        return;
    struct buffer *b = &net->buffer[buffer];
    if (region < b->first)
        b->first = region;
    if (region > b->last)
        b->last = region;
}

/* Maps and gradients live while a region of their maker or of a reader may touch them. */
static void lifetimes(struct net *net)
{
    for (int r = 0; r < net->nregions; r++) {
        int stage = net->region[r].stage;
        const struct stage *s = &net->stage[stage];
        const struct stage_buffers *at = &s->at;
        touch(net, stage_output(net, s->from), r);
        if (s->kind == STAGE_ADD)
            touch(net, stage_output(net, s->other), r);
        touch(net, at->y, r);
        touch(net, at->argmax, r);
        if (r < net->nforward)
            continue;
        touch(net, at->dy, r);
        touch(net, at->dy_other, r);
        touch(net, at->dsum, r);
        touch(net, stage_gradient(net, stage), r);
    }
}

static const struct stage_buffers no_buffers = {
    .y = NO_BUFFER, .argmax = NO_BUFFER, .dy = NO_BUFFER, .dy_other = NO_BUFFER, .dsum =
    NO_BUFFER, .weight = NO_BUFFER, .bias = NO_BUFFER, .packed = NO_BUFFER, .partial = NO_BUFFER,
    .image_list = NO_BUFFER, .image_starts = NO_BUFFER, .unit_list = NO_BUFFER, .unit_count =
    NO_BUFFER, .moments = NO_BUFFER, .coefficients = NO_BUFFER, .band = NO_BUFFER, .expanded =
    NO_BUFFER, .entries = NO_BUFFER, .gradient = NO_BUFFER, .lanes = NO_BUFFER, .sums = NO_BUFFER,
    .wide = NO_BUFFER, .wino_v = NO_BUFFER, .wino_m = NO_BUFFER, .wino_g = NO_BUFFER, .wino_u =
    NO_BUFFER, .wino_db = NO_BUFFER, .taps = NO_BUFFER, .masked = NO_BUFFER, .map =
    NO_BUFFER, .lists = NO_BUFFER, .ends = NO_BUFFER
};

static size_t entries(size_t n)
{
    return 2*n;     /* struct entry: an index and a value, both padded to reals */
}

static void larger(size_t *a, size_t b)
{
    *a = b > *a ? b : *a;
}

/* One set for all of a stage's regions: they run one after the other. */
static void winograd_buffers(struct net *net, struct stage *s)
{
    const struct winograd *g = &s->wgrad_winograd;
    size_t v = 0, m = 0;
    for (int k = -1; k < s->ndgrad; k++) {
        const struct winograd *w = k < 0 ? &s->forward.winograd : &s->dgrad[k].winograd;
        larger(&v, (size_t)(w->side*w->side)*(size_t)w->v_xi);
        larger(&m, (size_t)(w->side*w->side)*(size_t)w->m_xi);
    }
    larger(&v, (size_t)(g->side*g->side)*(size_t)g->v_xi);
    if (v)
        s->at.wino_v = add_scratch(net, s->name, "wino_v", v, false);
    if (m)
        s->at.wino_m = add_scratch(net, s->name, "wino_m", m, false);
    if (!g->step)
        return;
    size_t places = (size_t)(g->side*g->side);
    s->at.wino_g = add_scratch(net, s->name, "wino_g", places*(size_t)g->g_xi, false);
    s->at.wino_u = add_scratch(net, s->name, "wino_u", places*(size_t)g->u_xi, false);
    s->at.wino_db = add_scratch(net, s->name, "wino_db", (size_t)g->g_tile, false);
}

/* A depthwise stage's channels repeated: of its input, in the other direction of its gradient. */
static void wide_buffer(struct net *net, struct stage *s)
{
    size_t dx = (size_t)s->in.shape.h*(size_t)s->in.shape.w*(size_t)s->forward.co;
    if (s->depth && s->times > 1)
        s->at.wide = add_scratch(net, s->name, "wide", dx > s->wide.image ? dx : s->wide.image,
                                 false);
}

/* And what its weight gradient sums up in. */
static void depth_buffers(struct net *net, struct stage *s)
{
    const struct sweep *f = &s->forward;
    size_t sums = ((size_t)(f->kh*f->kw) + 1)*round_up((size_t)f->co);
    s->at.sums = add_scratch(net, s->name, "sums", sums, false);
    wide_buffer(net, s);
}

static void forward_takes(const struct net *net, struct stage *s)
{
    s->at.weight = net->param[s->weight].at;
    s->at.bias = s->bias == NO_PARAM ? NO_BUFFER : net->param[s->bias].at;
}

/* What a forward pass works in: the transforms, or what is handed over to be pooled. */
static void forward_buffers(struct net *net, struct stage *s)
{
    size_t vl = (size_t)net->vl, filters = (size_t)net->layer[s->head].filters;
    size_t pixel = (filters + vl - 1) / vl*vl;
    winograd_buffers(net, s);
    if (s->pool != NO_LAYER && !s->forward.winograd.step)
        s->at.band = add_scratch(net, s->name, "band",
                                 (size_t)s->forward.band*(size_t)s->forward.ow*pixel,
                                 false);
}

static void conv_buffers(struct net *net, int stage)
{
    struct stage *s = &net->stage[stage];
    const struct sweep *f = &s->forward;
    const struct layer *l = &net->layer[s->head];
    size_t co = (size_t)l->filters, filter = (size_t)f->kh*(size_t)s->row;
    size_t packed = f->packed_size;
    for (int k = 0; k < s->ndgrad; k++)
        packed += s->dgrad[k].packed_size;
    s->group_size = (long)round_up(co*filter + co);
    int fan_in = f->kh*f->kw*f->ci;
    s->weight = add_weight(net, stage, PARAM_CONV, co*filter, fan_in, (co + LANES - 1) / LANES);
    if (l->bias)
        s->bias = add_vector(net, stage, ROLE_BIAS, "bias", co, fan_in, 0);
    forward_takes(net, s);
    s->at.packed = add_kept(net, s->name, "packed", packed);
    s->at.partial = add_living(net, s->name, "partial", GROUPS*(size_t)s->group_size,
                               region_of(net, stage, true) - 1, region_of(net, stage, true));
    if (s->needs_dx || s->depth)
        s->at.expanded = add_scratch(net, s->name, "expanded", s->expanded.image, true);
    s->at.gradient = add_scratch(net, s->name, "gradient", filter, false);
    forward_buffers(net, s);
    if (s->depth)
        depth_buffers(net, s);
    if (s->ndgrad && s->dgrad[0].scatter.filters) {
        const struct scatter *d = &s->dgrad[0].scatter;
        const struct layer *pool = &net->layer[s->pool];
        size_t pixels = (size_t)(d->band*pool->kh*pool->kw*pool->out.w);
        s->at.map = add_scratch(net, s->name, "map", (size_t)(d->cblocks*d->map_size), false);
        s->at.lists = add_scratch(net, s->name, "lists", entries(pixels*(co + 1)), false);
        s->at.ends = add_scratch(net, s->name, "ends", pixels*(size_t)d->blocks, false);
    }
    if (s->narrow) {
        s->at.taps = add_scratch(net, s->name, "taps", (size_t)(f->kh*f->kw*f->ci + 1)
                                 *(size_t)s->filters, false);
        const struct layer *pool = s->pool == NO_LAYER ? NULL : &net->layer[s->pool];
        size_t pixels = (size_t)(s->band*s->out.shape.w*(pool ? pool->kh*pool->kw : 1));
        s->at.masked = add_scratch(net, s->name, "masked", pixels*co + (size_t)s->filters, false);
    }
    if (s->wgrad_winograd.step || s->narrow || s->depth)
        return;
    s->at.entries = add_scratch(net, s->name, "entries", entries(co*(size_t)s->list_space),
                                false);
}

/* What an affine stage's forward pass sums up in. */
static void lanes_buffers(struct net *net, struct stage *s)
{
    size_t block = (size_t)s->fwd_block, together = (size_t)s->fwd_together*block;
    size_t images = (size_t)s->fwd_images*block;
    s->at.lanes = add_scratch(net, s->name, "lanes",
                              (images > together ? images : together)*LANES, false);
    s->at.sums = add_scratch(net, s->name, "sums", round_up(together), false);
}

static void affine_buffers(struct net *net, int stage)
{
    struct stage *s = &net->stage[stage];
    size_t batch = (size_t)net->train.batch, units = (size_t)s->out.shape.c;
    struct shape in = s->in.shape;
    size_t inputs = (size_t)in.h*(size_t)in.w*(size_t)in.c, columns = round_up(inputs);
    s->weight = add_weight(net, stage, PARAM_AFFINE, units*columns, (int)inputs,
                           (columns + PANEL - 1) / PANEL);
    if (net->layer[s->head].bias)
        s->bias = add_vector(net, stage, ROLE_BIAS, "bias", units, (int)inputs, 0);
    forward_takes(net, s);
    int first = region_of(net, stage, false), last = region_of(net, stage, true);
    lanes_buffers(net, s);
    if (s->dense)
        return;
    size_t starts = (units + (size_t)s->bwd_rows - 1) / (size_t)s->bwd_rows + 1;
    s->at.image_list = add_living(net, s->name, "image_list", entries(batch*(units + 1)),
                                  first, last);
    s->at.image_starts = add_living(net, s->name, "image_starts", batch*starts, first, last);
    s->at.unit_list = add_living(net, s->name, "unit_list", entries(units*(batch + 1)),
                                 first, last);
    s->at.unit_count = add_living(net, s->name, "unit_count", units, first, last);
}

static void norm_buffers(struct net *net, int stage)
{
    struct stage *s = &net->stage[stage];
    const struct layer *l = &net->layer[s->head];
    size_t c = (size_t)s->out.shape.c, batch = (size_t)net->train.batch;
    if (l->scale)
        s->weight = add_vector(net, stage, ROLE_GAIN, "weight", c, 1, 1);
    s->bias = add_vector(net, stage, ROLE_BIAS, "bias", c, 1, 0);
    s->running_mean = add_vector(net, stage, ROLE_STATISTIC, "running_mean", c, 1, 0);
    s->running_var = add_vector(net, stage, ROLE_STATISTIC, "running_var", c, 1, 1);
    int gatherer = s->from != INPUT && net->stage[s->from].norm == stage ? s->from : stage;
    s->at.moments = add_living(net, s->name, "moments",
                               batch*(size_t)s->blocks*2*round_up(c),
                               forward_region(net, gatherer, false),
                               region_of(net, stage, true));
    s->at.coefficients = add_kept(net, s->name, "coefficients", 6*round_up(c));
}

/* A folded stage: its own weights and scratch (its tiles need not be the head's), and the
** output of the last stage that it stands for. */
static void folded_buffers(struct net *net, struct stage *f)
{
    const struct stage *head = &net->stage[net->stage[f->folds].from];
    size_t units = (size_t)net->layer[f->head].filters;
    f->weight = head->weight;
    f->bias = head->bias;
    f->at = no_buffers;
    f->at.y = net->stage[f->ends].at.y;
    f->at.argmax = net->stage[f->ends].at.argmax;
    f->at.bias = add_kept(net, f->name, "bias", round_up(units));
    if (f->kind == STAGE_AFFINE) {
        f->at.weight = add_kept(net, f->name, "weight", net->param[f->weight].stored);
        lanes_buffers(net, f);
    } else {
        f->at.packed = add_kept(net, f->name, "packed", f->forward.packed_size);
        f->at.gradient = add_scratch(net, f->name, "filters",
                                     LANES*(size_t)f->forward.kh*(size_t)f->row, false);
        forward_buffers(net, f);
        wide_buffer(net, f);
    }
    /* What it reads lasts until its end is written. */
    touch(net, stage_output(net, f->from), forward_region(net, f->ends, true));
}

static void mark(struct net *net, int buffer)
{
    if (buffer != NO_BUFFER)
        net->buffer[buffer].infer = true;
}

/* What inference, folding and the loss touch. */
static void mark_inference(struct net *net)
{
    const struct stage *loss = &net->stage[net->nstages - 1];
    mark(net, net->input_at);
    mark(net, net->losses_at);
    mark(net, stage_gradient(net, net->nstages - 1));    /* the loss writes it as well */
    mark(net, stage_output(net, loss->from));
    for (int i = 0; i < net->nparams; i++)
        mark(net, net->param[i].at);
    for (int r = 0; r < net->ninfer; r++) {
        const struct stage *s = region_stage(net, &net->infer[r]);
        const int touched[] = { s->at.y, s->at.weight, s->at.bias, s->at.packed,
                                s->at.coefficients,
                                s->pool == NO_LAYER ? NO_BUFFER : s->at.argmax };
        for (size_t k = 0; k < sizeof touched / sizeof *touched; k++)
            mark(net, touched[k]);
    }
}

/* A buffer that has its place: what must be known of it, without the rest. */
struct placed { size_t at, end; int first, last; };

/* The lowest place behind `start` that no placed buffer of the same time takes; they lie in the
** order of their places, and b is put among them. */
static void place(struct placed *placed, int nplaced, struct buffer *b, size_t start)
{
    b->at = start;
    for (int i = 0; i < nplaced && placed[i].at < b->at + b->size; i++)
        if (placed[i].first <= b->last && b->first <= placed[i].last && placed[i].end > b->at)
            b->at = placed[i].end;
    int low = 0, high = nplaced;
    while (low < high) {
        int middle = (low + high) / 2;
        if (placed[middle].at < b->at)
            low = middle + 1;
        else
            high = middle;
    }
    memmove(placed + low + 1, placed + low, (size_t)(nplaced - low)*sizeof *placed);
    placed[low] = (struct placed){ b->at, b->at + b->size, b->first, b->last };
}

/* What inference touches before the rest, each largest first. */
static int larger_first(const void *a, const void *b)
{
    const struct buffer *x = *(struct buffer *const *)a, *y = *(struct buffer *const *)b;
    if (x->infer != y->infer)
        return x->infer ? -1 : 1;
    if (x->size != y->size)
        return x->size < y->size ? 1 : -1;
    return (x > y) - (x < y);
}

/* Kept buffers in their order, those of inference or the others; returns their end. */
static size_t place_kept(struct net *net, bool infer, size_t top)
{
    for (int i = 0; i < net->nbuffers; i++) {
        struct buffer *b = &net->buffer[i];
        if (b->scratch || !b->keep || b->infer != infer)
            continue;
        b->at = top;
        top += b->size;
    }
    return top;
}

/* What inference touches in front: kept buffers, then maps, which share memory, as do the
** gradients behind them; last what is kept for training alone. */
static size_t place_arena(struct net *net)
{
    struct buffer **shared = alloc((size_t)net->nbuffers, sizeof *shared);
    struct placed *placed = alloc((size_t)net->nbuffers, sizeof *placed);
    int nshared = 0;
    for (int i = 0; i < net->nbuffers; i++)
        if (!net->buffer[i].scratch && !net->buffer[i].keep)
            shared[nshared++] = &net->buffer[i];
    qsort(shared, (size_t)nshared, sizeof *shared, larger_first);
    size_t top = place_kept(net, true, 0), end = top;
    net->infer_arena = top;
    for (int i = 0; i < nshared; i++) {
        place(placed, i, shared[i], top);
        if (shared[i]->at + shared[i]->size > end)
            end = shared[i]->at + shared[i]->size;
        if (shared[i]->infer)
            net->infer_arena = end;
    }
    free(shared);
    free(placed);
    return place_kept(net, false, end);
}

/* A thread's scratch: kept maps one behind the other, the rest of one stage
** behind them, every stage in the same place. */
static size_t place_scratch(struct net *net)
{
    size_t top = 0;
    int loose_ones = 0;
    for (int i = 0; i < net->nbuffers; i++)
        if (net->buffer[i].scratch && net->buffer[i].keep) {
            net->buffer[i].at = top;
            top += net->buffer[i].size;
        } else if (net->buffer[i].scratch)
            loose_ones++;
    size_t end = top;
    for (int i = 0; i < net->nstages + net->nfolded; i++) {
        size_t at = top;
        bool folded = i >= net->nstages;
        const struct stage_buffers *b = folded ? &net->folded[i - net->nstages].at
                                               : &net->stage[i].at;
        const int loose[] = { b->band, b->entries, b->gradient, b->lanes, b->sums, b->wide,
                              b->wino_v, b->wino_m, b->wino_g, b->wino_u, b->wino_db, b->taps,
                              b->masked, b->map, b->lists, b->ends };
        for (size_t k = 0; k < sizeof loose / sizeof *loose; k++)
            if (loose[k] != NO_BUFFER) {
                net->buffer[loose[k]].at = at;
                at += net->buffer[loose[k]].size;
                loose_ones--;
            }
        if (at > end)
            end = at;
    }
    assert(loose_ones == 0);    /* else one lies where another does */
    return end ? end + UNIT : 0;
}

/* What the network file says of single parameters. */
static void settle_groups(struct net *net)
{
    struct selection s = select_groups(net);
    for (int i = 0; i < net->nparams; i++)
        own_settings(net, &s, &net->param[i], net->stage[net->param[i].stage].name);
    names_free(&s.first);
    free(s.next);
}

void mem(struct net *net)
{
    assert(net->nregions > 0);
    find_regions(net);
    size_t batch = (size_t)net->train.batch;
    const struct map *in = &net->stage[0].in;
    net->input_at = add_kept(net, "input", "x", batch*in->image);
    for (int i = 0; i < net->nstages; i++) {
        struct stage *s = &net->stage[i];
        s->at = no_buffers;
        output_buffers(net, i);
        if (s->kind == STAGE_CONV)
            conv_buffers(net, i);
        if (s->kind == STAGE_AFFINE)
            affine_buffers(net, i);
        if (s->kind == STAGE_NORM)
            norm_buffers(net, i);
    }
    for (int i = net->nstages - 1; i >= 0; i--)
        gradient_buffers(net, i);
    lifetimes(net);
    net->losses_at = add_kept(net, "loss", "losses", batch);
    for (int i = 0; i < net->nfolded; i++)
        folded_buffers(net, &net->folded[i]);
    settle_groups(net);
    mark_inference(net);
    net->arena = place_arena(net);
    net->scratch = place_scratch(net);
}

bool mem_fits(const struct net *net)
{
    /* Offsets in emitted code are int constants. */
    if (net->arena <= INT_MAX && net->scratch <= INT_MAX / 64)
        return true;
    visible_print(stderr, "%s: error: %s needs %.1f GiB at batch %d, more than a program can "
                  "address; make the batch or the network smaller\n", net->path, net->name,
                  (double)net->arena*(net->f64 ? 8 : 4) / (1 << 30), net->train.batch);
    return false;
}
