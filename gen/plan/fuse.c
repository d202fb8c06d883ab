/*
** fuse.c - groups operations into stages: convolution + bias + ReLU + max-pool,
** affine + bias + ReLU. Decides how every map lies in memory (halo, strides) and
** lists the parallel regions of a step. Never looks at the machine: what is
** decided here decides the bits.
*/
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/core/model.h"
#include "read/layers.h"
#include "base/names.h"

/* Output rows whose moments are gathered while they are in L1. */
enum { MOMENTS_BYTES = 16 << 10 };

/* Units from which on a gradient without zeros is worth tiles of its own. */
enum { DENSE_UNITS = 64 };

static size_t round_up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

/* From image to image: whole lanes, and no multiple of a page, whose lines would
** fall into the same sets of L1. */
static size_t image_stride(size_t reals)
{
    size_t stride = round_up(reals, LANES);
    return stride % 1024 ? stride : stride + LANES;
}

/* Windows that do not overlap can be pooled band by band. */
static bool band_pool(const struct layer *l)
{
    return l->kind == LAYER_MAXPOOL && l->stride >= l->kh && l->stride_w >= l->kw;
}

/* Layer `next` if it reads the one before it, else NULL. */
static const struct layer *behind(const struct net *net, int next)
{
    return next < net->nlayers && net->layer[next].from == next - 1 ? &net->layer[next] : NULL;
}

static bool is_relu(const struct layer *l)
{
    return l && l->kind == LAYER_RELU;
}

/* What a convolution has to compute for the pool behind it. */
static struct shape pooled_part(const struct net *net, const struct stage *s)
{
    const struct layer *pool = &net->layer[s->pool];
    return (struct shape){ .c = net->layer[s->head].out.c,
                           .h = (pool->out.h - 1)*pool->stride + pool->kh,
                           .w = (pool->out.w - 1)*pool->stride_w + pool->kw };
}

static int lead_conv(struct net *net, struct stage *s, int next)
{
    if (is_relu(behind(net, next))) {
        s->relu = next++;
        s->relu_first = true;
    }
    const struct layer *pool = behind(net, next);
    if (pool && band_pool(pool)) {
        s->pool = next++;
        if (s->relu == NO_LAYER && is_relu(behind(net, next)))
            s->relu = next++;
    }
    return next;
}

/* Takes layer `head` and what can be fused behind it; returns the next layer. */
static int make_stage(struct net *net, struct stage *s, int head)
{
    const struct layer *l = &net->layer[head];
    const struct layer_def *def = layer_def(l->kind);
    *s = (struct stage){ .kind = def->stage, .head = head, .relu = NO_LAYER, .pool = NO_LAYER,
                         .pointwise = NO_LAYER, .norm = NO_STAGE, .folded = NO_STAGE,
                         .weight = NO_PARAM, .bias = NO_PARAM, .running_mean = NO_PARAM,
                         .running_var = NO_PARAM };
    memcpy(s->name, l->name, sizeof s->name);
    int next = head + 1;
    const struct layer_def *with = behind(net, next) ? layer_def(net->layer[next].kind) : NULL;
    switch (s->kind) {
    case STAGE_CONV:
        next = lead_conv(net, s, next);
        break;
    case STAGE_POOL:
        s->pool = head;
        if (is_relu(behind(net, next)))
            s->relu = next++;
        break;
    case STAGE_AFFINE:
        if (is_relu(behind(net, next)))
            s->relu = next++;
        break;
    case STAGE_POINTWISE:
        s->pointwise = head;
        break;
    case STAGE_NORM:
        if (with && with->stage == STAGE_POINTWISE)
            s->pointwise = next++;
        break;
    case STAGE_ADD:     /* nobody keeps the sum, which some gradients want */
        if (with && with->stage == STAGE_POINTWISE && with->from == FROM_OUTPUT)
            s->pointwise = next++;
        break;
    case STAGE_FORK:
    case STAGE_AVERAGE:
    case STAGE_DROPOUT:
    case STAGE_LOSS:
        break;
    }
    s->dense = s->kind == STAGE_AFFINE && s->relu == NO_LAYER && l->filters >= DENSE_UNITS;
    s->needs_dx = l->below;
    s->trains = s->needs_dx || def->trains;
    s->mid = s->kind == STAGE_CONV && s->pool != NO_LAYER ? pooled_part(net, s) : l->out;
    return next;
}

/* How far the padding of those layers reaches that read a map, and whether it is read in
** whole lanes, whose rest is to be zero. */
struct reading { int top, left, bottom, right; bool lanes; };

static void larger(int *a, int b)
{
    if (b > *a)
        *a = b;
}

/* Of all that read the output of each stage; in front of the first one: the images. */
static struct reading *readings(const struct net *net)
{
    struct reading *all = alloc((size_t)net->nstages + 1, sizeof *all);
    for (int i = 0; i < net->nstages; i++) {
        const struct layer *l = &net->layer[net->stage[i].head];
        if (net->stage[i].kind == STAGE_FORK)
            continue;
        struct reading *r = &all[stage_source(net, i) - INPUT];
        r->lanes |= l->kind == LAYER_AFFINE;
        if (l->kind != LAYER_CONV)
            continue;
        larger(&r->top, l->pad_top);
        larger(&r->left, l->pad_left);
        larger(&r->bottom, l->pad_bottom);
        larger(&r->right, l->pad_right);
    }
    return all;
}

static struct map lay_out(struct shape shape, struct reading r)
{
    struct map m = { .shape = shape, .top = r.top, .left = r.left,
                     .rows = r.top + shape.h + r.bottom, .columns = r.left + shape.w + r.right };
    size_t c = (size_t)shape.c;
    m.row = (size_t)m.columns*c;
    m.origin = (size_t)m.top*m.row + (size_t)m.left*c;
    m.image = image_stride((size_t)m.rows*m.row);
    m.keep = m.rows != shape.h || m.columns != shape.w
             || (r.lanes && (size_t)shape.h*m.row % LANES);
    return m;
}

int stage_source(const struct net *net, int stage)
{
    int from = net->stage[stage].from;
    while (from != INPUT && net->stage[from].kind == STAGE_FORK)
        from = net->stage[from].from;
    return from;
}

/* Depthwise; several filters a channel: they read a copy in which channels repeat. */
static void lay_out_depth(const struct net *net, struct stage *s)
{
    const struct layer *l = &net->layer[s->head];
    s->depth = l->groups > 1 && l->groups == l->in.c;
    s->times = s->depth ? l->filters / l->in.c : 1;
    if (s->times == 1)
        return;
    struct map *m = &s->wide;
    *m = (struct map){ .shape.c = l->filters,
                       .rows = l->stride*(s->mid.h - 1) + l->dilation*(l->kh - 1) + 1,
                       .columns = l->stride*(s->mid.w - 1) + l->dilation*(l->kw - 1) + 1 };
    m->row = (size_t)m->columns*(size_t)l->filters;
    m->image = (size_t)m->rows*m->row;
}

static void forward_sweep(const struct net *net, struct stage *s)
{
    const struct layer *l = &net->layer[s->head];
    struct sweep *f = &s->forward;
    const int groups = s->depth ? 1 : l->groups;
    const struct layer *pool = s->pool == NO_LAYER ? NULL : &net->layer[s->pool];
    *f = (struct sweep){
        .ci = l->in.c / l->groups, .co = l->filters / groups, .kh = l->kh, .kw = l->kw,
        .groups = groups, .depth = s->depth, .dilation = l->dilation,
        .step_x = l->stride, .step_y = l->stride,
        .oh = pool ? pool->kh : s->mid.h, .ow = s->mid.w,
        .in_row = (int)(s->times > 1 ? s->wide.row : s->in.row), .in_pixel = l->in.c*s->times,
        .tap_step = 1, .bias = true,
        /* What a group writes past its channels, the next one would have to mend. */
        .whole_vectors = pool != NULL && groups == 1,
        .band = pool ? pool->kh : s->mid.h,
        .out_row = (int)s->out.row, .out_pixel = l->filters,
    };
    snprintf(f->name, sizeof f->name, "%s_fwd", s->name);
}

/* A convolution that batchnorm stage `stage` reads gathers its moments, block by block of
** output rows. All blocks are alike, whatever the type: the bits depend on them. */
static bool gathered(struct net *net, int stage)
{
    struct stage *s = &net->stage[stage];
    struct stage *conv = s->from == INPUT ? NULL : &net->stage[s->from];
    s->blocks = 1;
    if (!conv || conv->kind != STAGE_CONV || conv->pool != NO_LAYER || conv->depth
        || conv->forward.groups > 1)
        return false;
    struct winograd *w = &conv->forward.winograd;
    int rows = (int)(MOMENTS_BYTES / sizeof(float) / (size_t)(conv->mid.w*conv->mid.c));
    int step = w->step ? w->step : 1;       /* rows that are made at a time */
    if (rows < step)
        rows = step;
    while (conv->mid.h % rows || rows % step)
        rows--;
    conv->norm = stage;
    conv->forward.band = rows;
    w->unit = rows / step;
    s->blocks = conv->mid.h / rows;
    return true;
}

/* Which taps reach the inputs u = stride*q + phase, and from which outputs:
** y = q + base - back*j for the tap  first + step*j. */
struct reach { int first, taps, step, back, base, outputs; };

static int common_divisor(int a, int b)
{
    return b ? common_divisor(b, a % b) : a;
}

static struct reach reach(int phase, int pad, const struct layer *l, int k, int size)
{
    const int stride = l->stride, common = common_divisor(stride, l->dilation);
    struct reach r = { .step = stride / common, .back = l->dilation / common };
    r.outputs = (size - phase + stride - 1) / stride;
    while (r.first < k && (phase + pad + l->dilation*(stride - 1)*r.first) % stride)
        r.first++;      /* u + pad is to be dilation*tap, modulo the stride */
    r.taps = (k - r.first + r.step - 1) / r.step;
    r.base = (phase + pad - l->dilation*r.first) / stride;
    return r;
}

/* The margins of the output gradient that all phases need, and its extent. */
static void extend(struct reach r, int *before, int *extent)
{
    int low = r.base - r.back*(r.taps - 1), high = r.base + r.outputs;
    if (-low > *before)
        *before = -low;
    if (high > *extent)
        *extent = high;
}

/* The output gradient, with margins for the data gradient if there is to be one. */
static void lay_out_gradient(const struct net *net, struct stage *s)
{
    const struct layer *l = &net->layer[s->head];
    int rows = s->mid.h, columns = s->mid.w, top = 0, left = 0;
    for (int p = 0; s->needs_dx && p < l->stride; p++) {
        struct reach y = reach(p, l->pad_top, l, l->kh, l->in.h);
        struct reach x = reach(p, l->pad_left, l, l->kw, l->in.w);
        if (y.taps && y.outputs > 0)
            extend(y, &top, &rows);
        if (x.taps && x.outputs > 0)
            extend(x, &left, &columns);
    }
    struct map *m = &s->expanded;
    *m = (struct map){ .shape = s->mid, .top = top, .left = left, .rows = top + rows,
                       .columns = left + columns, .keep = true };
    m->row = (size_t)m->columns*(size_t)s->mid.c;
    m->origin = (size_t)top*m->row + (size_t)left*(size_t)s->mid.c;
    m->image = (size_t)m->rows*m->row;
}

static void backward_sweeps(const struct net *net, struct stage *s)
{
    const struct layer *l = &net->layer[s->head];
    const struct map *m = &s->expanded;
    const int stride = l->stride, channels = l->in.c*s->times;
    const int groups = s->depth ? 1 : l->groups;
    for (int py = 0; py < stride; py++)
        for (int px = 0; px < stride; px++) {
            struct reach y = reach(py, l->pad_top, l, l->kh, l->in.h);
            struct reach x = reach(px, l->pad_left, l, l->kw, l->in.w);
            if (y.outputs <= 0 || x.outputs <= 0)
                continue;
            if (!y.taps || !x.taps) {
                s->dgrad_gaps = true;
                continue;
            }
            s->dgrad = grow(s->dgrad, (size_t)s->ndgrad + 1, sizeof *s->dgrad);
            struct sweep *d = &s->dgrad[s->ndgrad++];
            *d = (struct sweep){
                .ci = l->filters / l->groups / s->times, .co = channels / groups,
                .kh = y.taps, .kw = x.taps, .groups = groups, .depth = s->depth,
                .step_x = 1, .step_y = 1, .oh = y.outputs, .ow = x.outputs,
                .in_row = (int)m->row, .in_pixel = l->filters, .dilation = y.back,
                .in_at = (long)(m->top + y.base - y.back*(y.taps - 1))*(long)m->row
                         + (long)(m->left + x.base - x.back*(x.taps - 1))*l->filters,
                .out_row = stride*l->in.w*channels, .out_pixel = stride*channels,
                .out_at = (long)(py*l->in.w + px)*channels,
                .tap_y = y.first, .tap_x = x.first, .tap_step = y.step, .flipped = true,
                .band = y.outputs,
            };
            if (stride == 1)
                snprintf(d->name, sizeof d->name, "%s_dgrad", s->name);
            else
                snprintf(d->name, sizeof d->name, "%s_dgrad_%d_%d", s->name, py, px);
        }
}

/* Channels from which on the transforms cost less than the multiplications they save. */
enum { WINOGRAD_CHANNELS = 16 };

/* Rows of tiles, with fewer of which every thread would read all filters for a tile or two. */
enum { FEW_ROWS = 4 };

/* Tiles over a map of h x w outputs, `step` a side where it divides them, else 2; step 0 where
** none fit. */
static struct winograd winograd_over(int h, int w, int step)
{
    if (h % step || w % step)
        step = 2;
    if (h % 2 || w % 2)
        return (struct winograd){ .step = 0 };
    return (struct winograd){ .step = step, .side = step + 2, .rows = h / step,
                              .columns = w / step, .unit = 1, .by_panels = h / step < FEW_ROWS };
}

/*
** Winograd's filtering where it saves multiplications; the network alone decides, because it
** decides the bits. Below a pool the gradients are sparse, which saves more. F(4x4) where it fits;
** it rounds twice as coarsely as a direct sum or F(2x2) (runtime/vector/winograd.h).
*/
static bool takes_winograd(const struct net *net, const struct stage *s)
{
    const struct layer *l = &net->layer[s->head];
    bool wide = l->in.c >= WINOGRAD_CHANNELS && l->filters >= WINOGRAD_CHANNELS;
    return l->kh == 3 && l->kw == 3 && l->stride == 1 && l->groups == 1 && l->dilation == 1
           && !s->depth && (l->winograd == WINOGRAD_YES || (l->winograd == WINOGRAD_AUTO && wide));
}

static void choose_winograd_forward(const struct net *net, struct stage *s)
{
    const struct layer *pool = s->pool == NO_LAYER ? NULL : &net->layer[s->pool];
    if (!takes_winograd(net, s))
        return;
    if (!pool || (pool->kh == 2 && pool->kw == 2 && pool->stride == 2 && pool->stride_w == 2))
        s->forward.winograd = winograd_over(s->mid.h, s->mid.w, 4);
}

static void choose_winograd(const struct net *net, struct stage *s)
{
    const struct layer *l = &net->layer[s->head];
    choose_winograd_forward(net, s);
    if (s->pool != NO_LAYER || !takes_winograd(net, s))
        return;
    s->wgrad_winograd = winograd_over(s->mid.h, s->mid.w, 4);
    if (s->needs_dx)
        s->dgrad[0].winograd = winograd_over(l->in.h, l->in.w, 4);
}

/*
** Below a max-pool at most one output gradient of a window is not zero. Blocks and bands decide
** the order of the sums: they must not depend on the machine. A block of 64 filters of 3x3 by
** 32 channels is 24 KB a filter row; a band's lists are at most 64 KB.
*/
static void choose_scatter(const struct net *net, struct stage *s)
{
    enum { FILTERS = 64, CHANNELS = 8, ENTRIES = 8192 };
    const struct layer *l = &net->layer[s->head];
    if (s->pool == NO_LAYER || !s->needs_dx || l->stride != 1 || l->groups != 1
        || l->dilation != 1 || l->in.c < CHANNELS)
        return;
    const struct layer *pool = &net->layer[s->pool];
    struct scatter *d = &s->dgrad[0].scatter;
    d->filters = l->filters < FILTERS ? l->filters : FILTERS;
    d->blocks = (l->filters + d->filters - 1) / d->filters;
    d->band = ENTRIES / (pool->kh*pool->kw*pool->out.w*l->filters);
    d->map_rows = l->in.h + l->pad_top + l->pad_bottom;
    d->map_columns = l->in.w + l->pad_left + l->pad_right;
    d->band = d->band < 1 ? 1 : d->band > pool->out.h ? pool->out.h : d->band;
}

static void count_flop(const struct net *net, struct stage *s)
{
    const struct layer *l = &net->layer[s->head];
    s->flop_forward = l->flop_forward;
    bool has_weights = s->kind == STAGE_CONV || s->kind == STAGE_AFFINE;
    s->flop_wgrad = has_weights ? l->flop_forward : 0;
    s->flop_dgrad = has_weights && s->needs_dx ? l->flop_forward : 0;
}

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

/* The stage that makes a layer's output: the last that does not begin behind it. */
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
        s->other = l->kind == LAYER_ADD ? maker(net, l->other) : INPUT;
    }
}

static struct map map_of(const struct net *net, const struct reading *all, int stage)
{
    return stage == INPUT ? lay_out(net->input, all[0]) : net->stage[stage].out;
}

static void lay_out_stage(struct net *net, const struct reading *all, int stage)
{
    struct stage *s = &net->stage[stage];
    const struct layer *l = &net->layer[s->head];
    int end = stage + 1 < net->nstages ? net->stage[stage + 1].head : net->nlayers;
    struct shape out = net->layer[end - 1].out;
    s->in = map_of(net, all, stage_source(net, stage));
    if (s->kind == STAGE_ADD) {
        int other = s->other;
        while (other != INPUT && net->stage[other].kind == STAGE_FORK)
            other = net->stage[other].from;
        s->in_other = map_of(net, all, other);
    }
    s->out = lay_out(out, all[stage - INPUT]);
    s->window = s->in.origin - (size_t)l->pad_top*s->in.row
                - (size_t)l->pad_left*(size_t)s->in.shape.c;
    struct shape in = s->in.shape;
    s->dx_image = image_stride((size_t)in.h*(size_t)in.w*(size_t)in.c);
    s->dy_image = image_stride((size_t)out.h*(size_t)out.w*(size_t)out.c);
}

/* ---- inference: the norm behind a convolution or an affine layer, in its weights ---- */

const struct stage *region_stage(const struct net *net, const struct region_plan *region)
{
    return &(region->kind == REGION_FOLDED ? net->folded : net->stage)[region->stage];
}

/* No layer is called like it. */
static void name_folded(const struct names *layers, struct stage *f, const char *name)
{
    snprintf(f->name, sizeof f->name, "%s_folded", name);
    if (names_find(layers, f->name) >= 0)
        snprintf(f->name, sizeof f->name, "%s_folded_", name);
}

/* A pool that reads norm stage `norm` and can be run band by band, or NO_STAGE. One place
** for pointwise operations: another one before the pool than behind it, that is too many. */
static int pool_behind(const struct net *net, int norm)
{
    const struct stage *n = &net->stage[norm], *next = &net->stage[norm + 1];
    const struct layer *with = n->pointwise == NO_LAYER ? NULL : &net->layer[n->pointwise];
    return next->kind == STAGE_POOL && next->from == norm && band_pool(&net->layer[next->head])
           && (!with || is_relu(with) || next->relu == NO_LAYER) ? norm + 1 : NO_STAGE;
}

/* What norm stage `norm` and its head become: one stage, ending in pointwise layer and pool. */
static void add_folded(struct net *net, const struct names *layers, int norm)
{
    net->folded = grow(net->folded, (size_t)net->nfolded + 1, sizeof *net->folded);
    struct stage *f = &net->folded[net->nfolded], *n = &net->stage[norm];
    struct stage *head = &net->stage[n->from];
    int pool = head->kind == STAGE_CONV ? pool_behind(net, norm) : NO_STAGE;
    const struct stage *end = &net->stage[pool == NO_STAGE ? norm : pool];
    const struct layer *with = n->pointwise == NO_LAYER ? NULL : &net->layer[n->pointwise];
    head->folded = net->nfolded++;
    n->covered = true;
    *f = *head;
    name_folded(layers, f, net->layer[head->head].name);
    f->norm = NO_STAGE;
    f->folds = norm;
    f->ends = (int)(end - net->stage);
    f->dgrad = NULL;
    f->ndgrad = 0;
    f->out = end->out;
    if (pool != NO_STAGE) {
        net->stage[pool].covered = true;
        f->pool = end->pool;
        f->relu = end->relu;
        f->mid = pooled_part(net, f);
    }
    f->relu_first = is_relu(with);
    if (f->relu_first)
        f->relu = n->pointwise;     /* a second one changes nothing */
    if (f->kind == STAGE_CONV) {
        forward_sweep(net, f);
        f->forward.brief = true;
        choose_winograd_forward(net, f);
        f->wgrad_winograd.step = 0;
        f->forward.with = f->relu_first ? NULL : with;
    } else if (!f->relu_first) {
        f->pointwise = n->pointwise;
    }
}

static void inference(struct net *net)
{
    struct names layers = { 0 };
    for (int i = 0; i < net->nlayers; i++)
        names_add(&layers, net->layer[i].name, i);
    for (int i = 0; i < net->nstages; i++) {
        const struct stage *s = &net->stage[i];
        const struct stage *head = s->from == INPUT ? NULL : &net->stage[s->from];
        if (s->kind == STAGE_NORM && head && head->relu == NO_LAYER && head->pool == NO_LAYER
            && (head->kind == STAGE_CONV || head->kind == STAGE_AFFINE))
            add_folded(net, &layers, i);
    }
    names_free(&layers);
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

void fuse(struct net *net)
{
    assert(net->nlayers > 0 && net->layer[net->nlayers - 1].out.c > 0);
    make_stages(net);
    struct reading *all = readings(net);
    for (int i = 0; i < net->nstages; i++) {
        struct stage *s = &net->stage[i];
        lay_out_stage(net, all, i);
        count_flop(net, s);
        if (s->kind == STAGE_CONV) {
            const struct layer *l = &net->layer[s->head];
            lay_out_depth(net, s);
            s->row = (int)round_up((size_t)l->kw*(size_t)(l->in.c / l->groups), LANES);
            forward_sweep(net, s);
            lay_out_gradient(net, s);
            if (s->needs_dx)
                backward_sweeps(net, s);
            choose_winograd(net, s);
            choose_scatter(net, s);
        }
        if (s->kind == STAGE_NORM) {
            if (!gathered(net, i))
                add_region(net, REGION_NORM_STATISTICS, i);
            add_region(net, REGION_NORM_MERGE, i);
        }
        if (s->kind != STAGE_LOSS && s->kind != STAGE_FORK)
            add_region(net, REGION_FORWARD, i);
    }
    free(all);
    net->nforward = net->nregions;
    inference(net);
    for (int i = net->nstages - 1; i >= 0; i--)
        backward_regions(net, i);
    net->classes = net->stage[net->nstages - 1].in.shape.c;
}
