/*
** sweeps.c - which convolutions with stride 1 a convolution's forward pass and its data gradient
** are, and by which algorithm each pass is computed, from the network alone: it decides the order
** of sums, so it must never look at the machine.
*/
#include "plan/passes.h"

#include <assert.h>

#include "base/small.h"
#include "plan/sweeps.h"

/* Output rows whose moments are gathered while they are in L1. */
enum { MOMENTS_BYTES = 16 << 10 };

/* More at once would not be in L2 any more: a pass of its own takes the moments then. */
enum { MOMENTS_REALS = 64 << 10 };

void forward_sweep(const struct net *net, struct stage *s)
{
    const struct layer *l = &net->layer[s->head];
    const struct conv_plan *conv = s->conv;
    struct sweep *f = &s->conv->forward;
    const bool depth = is_depthwise(l);
    const int groups = depth ? 1 : l->groups;
    const struct layer *pool = layer_at(net, s->pool);
    *f = (struct sweep){
        .ci = l->in.c / l->groups, .co = l->filters / groups, .kh = l->kh, .kw = l->kw,
        .groups = groups, .dilation = l->dilation, .dilation_w = l->dilation,
        .algorithm = depth ? BY_DEPTHWISE : BY_DIRECT,
        .step_x = l->stride_w, .step_y = l->stride,
        .oh = pool ? pool->kh : s->conv->mid.h, .ow = s->conv->mid.w,
        .in_row = (int)(conv->multiplier > 1 ? conv->repeated.row : s->in.row),
        .in_pixel = l->in.c*conv->multiplier,
        .tap_step_y = 1, .tap_step_x = 1, .bias = l->bias || s->fold,
        /* What a group writes past its channels, the next one would have to mend. */
        .whole_vectors = pool != NULL && groups == 1,
        .band = pool ? pool->kh : net->inference ? 1 : s->conv->mid.h,
        .out_row = (int)s->out.row, .out_pixel = l->filters,
    };
    snprintf(f->name, sizeof f->name, "%s_fwd", s->name);
}

/* A convolution that batchnorm stage `stage` reads gathers its moments, block by block of
** output rows. All blocks are alike, whatever the type: the bits depend on them. */
static void gather(struct net *net, int stage)
{
    struct stage *s = &net->stage[stage];
    struct stage *conv = s->from == INPUT ? NULL : &net->stage[s->from];
    s->norm->blocks = 1;
    if (net->inference || !conv || conv->kind != STAGE_CONV || conv->pool != NO_LAYER
        || net->layer[conv->head].groups > 1)
        return;
    struct sweep *f = &conv->conv->forward;
    const struct shape mid = conv->conv->mid;
    int rows = (int)(MOMENTS_BYTES / sizeof(float) / (size_t)(mid.w*mid.c));
    int step = f->algorithm == BY_WINOGRAD ? WINOGRAD_STEP : 1;     /* rows made at a time */
    rows = max_int(rows, step);
    if (mid.h % step)       /* the last tiles are smaller: one block */
        rows = mid.h;
    while (mid.h % rows || (rows % step && rows < mid.h))
        rows--;
    if (rows*mid.w*mid.c > MOMENTS_REALS)
        return;
    conv->conv->gathers = stage;
    f->band = rows;
    if (f->algorithm == BY_WINOGRAD)
        f->winograd.rows_together = ceil_div(rows, step);
    s->norm->blocks = mid.h / rows;
}

/* A convolution that reads a batchnorm's output sums up the gradient of that as it writes it. */
static void sum_up(struct net *net, struct stage *s)
{
    if (s->needs_dx && s->from != INPUT && net->stage[s->from].norm)
        s->conv->sums = s->from;
}

/* Which taps reach the inputs u = stride*q + phase, and from which outputs:
** y = q + base - back*j for the tap  first + step*j. */
struct reach { int first, taps, step, back, base, outputs; };

static int common_divisor(int a, int b)
{
    return b ? common_divisor(b, a % b) : a;
}

static struct reach reach(int phase, int stride, int pad, int dilation, int k, int size)
{
    const int common = common_divisor(stride, dilation);
    struct reach r = { .step = stride / common, .back = dilation / common };
    r.outputs = ceil_div(size - phase, stride);
    while (r.first < k && (phase + pad + dilation*(stride - 1)*r.first) % stride)
        r.first++;      /* u + pad is to be dilation*tap, modulo the stride */
    r.taps = ceil_div(k - r.first, r.step);
    r.base = (phase + pad - dilation*r.first) / stride;
    return r;
}

static struct reach reach_down(int phase, const struct layer *l)
{
    return reach(phase, l->stride, l->pad_top, l->dilation, l->kh, l->in.h);
}

static struct reach reach_across(int phase, const struct layer *l)
{
    return reach(phase, l->stride_w, l->pad_left, l->dilation, l->kw, l->in.w);
}

/* The margins of the output gradient that a phase needs, and its extent. */
static void extend(struct reach r, int *before, int *extent)
{
    if (!r.taps || r.outputs <= 0)
        return;
    int low = r.base - r.back*(r.taps - 1), high = r.base + r.outputs;
    *before = max_int(*before, -low);
    *extent = max_int(*extent, high);
}

/* Of h x w output gradients. */
static struct margins margins(const struct layer *l, int h, int w)
{
    struct margins m = { 0 };
    int rows = h, columns = w;
    for (int p = 0; p < l->stride; p++)
        extend(reach_down(p, l), &m.top, &rows);
    for (int p = 0; p < l->stride_w; p++)
        extend(reach_across(p, l), &m.left, &columns);
    m.bottom = rows - h;
    m.right = columns - w;
    return m;
}

struct margins gradient_margins(const struct layer *conv)
{
    return margins(conv, conv->out.h, conv->out.w);
}

/* The output gradient, with margins for the data gradient if there is to be one. */
static void lay_out_gradient(const struct net *net, struct stage *s)
{
    const struct layer *l = &net->layer[s->head];
    const struct shape mid = s->conv->mid;
    const struct margins around = s->needs_dx ? margins(l, mid.h, mid.w) : (struct margins){ 0 };
    const int top = around.top, left = around.left;
    struct map *m = &s->conv->expanded;
    *m = (struct map){ .shape = mid, .top = top, .left = left,
                       .rows = top + mid.h + around.bottom,
                       .columns = left + mid.w + around.right, .keep = true };
    m->row = (size_t)m->columns*(size_t)s->conv->mid.c;
    m->origin = (size_t)top*m->row + (size_t)left*(size_t)s->conv->mid.c;
    m->image = (size_t)m->rows*m->row;
}

/* What adds each of the output gradients' filters to a map with `row` reals from row to row. */
static void backward_sweeps(const struct net *net, struct stage *s, size_t row, const char *called)
{
    const struct layer *l = &net->layer[s->head];
    struct conv_plan *conv = s->conv;
    const struct map *m = &conv->expanded;
    const int channels = l->in.c*conv->multiplier;
    const bool depth = is_depthwise(l);
    const int groups = depth ? 1 : l->groups;
    for (int py = 0; py < l->stride; py++)
        for (int px = 0; px < l->stride_w; px++) {
            const struct reach y = reach_down(py, l), x = reach_across(px, l);
            if (y.outputs <= 0 || x.outputs <= 0)
                continue;
            if (!y.taps || !x.taps) {
                conv->dgrad_gaps = true;
                continue;
            }
            conv->dgrad = grow(conv->dgrad, (size_t)conv->ndgrad + 1, sizeof *conv->dgrad);
            struct sweep *d = &conv->dgrad[conv->ndgrad++];
            *d = (struct sweep){
                .ci = l->filters / l->groups / conv->multiplier, .co = channels / groups,
                .kh = y.taps, .kw = x.taps, .groups = groups,
                .algorithm = depth ? BY_DEPTHWISE : BY_DIRECT, .step_x = 1, .step_y = 1,
                .oh = y.outputs, .ow = x.outputs,
                .in_row = (int)m->row, .in_pixel = l->filters, .dilation = y.back,
                .dilation_w = x.back,
                .in_at = (long)(m->top + y.base - y.back*(y.taps - 1))*(long)m->row
                         + (long)(m->left + x.base - x.back*(x.taps - 1))*l->filters,
                .out_row = l->stride*(int)row, .out_pixel = l->stride_w*channels,
                .out_at = py*(long)row + (long)px*channels,
                .tap_y = y.first, .tap_x = x.first, .tap_step_y = y.step,
                .tap_step_x = x.step, .flipped = true,
                .backward = !conv->transposed, .band = y.outputs,
            };
            if (l->stride == 1 && l->stride_w == 1)
                snprintf(d->name, sizeof d->name, "%s_%s", s->name, called);
            else
                snprintf(d->name, sizeof d->name, "%s_%s_%d_%d", s->name, called, py, px);
        }
}

/* Channels from which on the transforms cost less than the multiplications they save. */
enum { WINOGRAD_CHANNELS = 16 };

/* Rows of tiles, with fewer of which every thread would read all filters for a tile or two. */
enum { FEW_ROWS = 4 };

/* Times fewer products that pay for the transforms. */
enum { WORTH_WINOGRAD = 2 };

static int side_of(int outputs)
{
    return min_int(outputs, WINOGRAD_STEP) + 2;
}

static int cut_of(int outputs)
{
    return outputs % WINOGRAD_STEP ? outputs % WINOGRAD_STEP + 2 : WINOGRAD_SIDE;
}

/* Tiles over a map of h x w outputs; asked: whether it pays or not. */
static void winograd_over(int h, int w, bool asked, struct winograd *over,
                          enum algorithm *algorithm)
{
    const int rows = ceil_div(h, WINOGRAD_STEP), columns = ceil_div(w, WINOGRAD_STEP);
    const long products = (h + 2L*rows)*(w + 2L*columns);
    if (!asked && 9L*h*w < WORTH_WINOGRAD*products)
        return;
    *algorithm = BY_WINOGRAD;
    *over = (struct winograd){ .h = h, .w = w, .rows = rows, .columns = columns,
                               .side_h = side_of(h), .side_w = side_of(w), .cut_h = cut_of(h),
                               .cut_w = cut_of(w), .rows_together = 1,
                               .by_panels = rows < FEW_ROWS };
}

/*
** Winograd's filtering where it saves multiplications; the network alone decides, because it
** decides the bits. F(4x4) rounds twice as coarsely as a direct sum (runtime/vector/winograd.h).
*/
static bool takes_winograd(const struct net *net, const struct stage *s)
{
    const struct layer *l = &net->layer[s->head];
    bool wide = l->in.c >= WINOGRAD_CHANNELS && l->filters >= WINOGRAD_CHANNELS;
    return suits_winograd(l) && s->head >= net->winograd_from
           && (l->winograd == WINOGRAD_YES || (l->winograd == WINOGRAD_AUTO && wide));
}

struct sweep winograd_products(const struct sweep *f, int width)
{
    struct sweep one = *f;
    one.kh = one.kw = one.step_y = one.tile.mh = 1;
    one.in_pixel = f->winograd.v_tile;
    one.in_row = one.out_row = 0;
    one.out_pixel = width;
    one.bias = false;
    one.pointwise = NULL;
    return one;
}

void choose_winograd_forward(const struct net *net, struct stage *s)
{
    const struct layer *pool = layer_at(net, s->pool);
    struct sweep *f = &s->conv->forward;
    if (!takes_winograd(net, s))
        return;
    if (!pool || (pool->kh == 2 && pool->kw == 2 && pool->stride == 2 && pool->stride_w == 2))
        winograd_over(s->conv->mid.h, s->conv->mid.w,
                      net->layer[s->head].winograd == WINOGRAD_YES, &f->winograd, &f->algorithm);
}

/* Whether lists of the output gradients that are not zero make the data gradient faster than
** Winograd does: one in four is not enough (docs/performance.md).
*/
static bool is_sparse(const struct net *net, const struct stage *s)
{
    const struct layer *pool = layer_at(net, s->pool);
    return pool && (s->relu != NO_LAYER || pool->kh*pool->kw > 4);
}

static void choose_winograd(const struct net *net, struct stage *s)
{
    const struct layer *l = &net->layer[s->head];
    struct weight_plan *weights = &s->conv->wgrad;
    choose_winograd_forward(net, s);
    if (!takes_winograd(net, s))
        return;
    const bool asked = l->winograd == WINOGRAD_YES;
    /* Lists of the quarter of the gradients that a pool leaves are as fast for the weights. */
    if (s->pool == NO_LAYER)
        winograd_over(s->conv->mid.h, s->conv->mid.w, asked, &weights->winograd,
                      &weights->algorithm);
    if (s->needs_dx && !is_sparse(net, s))
        winograd_over(l->in.h, l->in.w, asked, &s->conv->dgrad[0].winograd,
                      &s->conv->dgrad[0].algorithm);
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
    if (s->pool == NO_LAYER || !s->needs_dx || s->conv->dgrad[0].algorithm == BY_WINOGRAD
        || l->stride != 1 || l->stride_w != 1 || l->groups != 1 || l->dilation != 1
        || l->in.c < CHANNELS)
        return;
    const struct layer *pool = &net->layer[s->pool];
    struct scatter *d = &s->conv->dgrad[0].scatter;
    s->conv->dgrad[0].algorithm = BY_SCATTER;
    d->filters = min_int(l->filters, FILTERS);
    d->blocks = ceil_div(l->filters, d->filters);
    d->band = (int)(ENTRIES / ((long)pool->kh*pool->kw*pool->out.w*l->filters));
    d->map_rows = l->in.h + l->pad_top + l->pad_bottom;
    d->map_columns = l->in.w + l->pad_left + l->pad_right;
    d->band = max_int(1, min_int(d->band, pool->out.h));
}

static void conv_sweeps(const struct net *net, struct stage *s)
{
    const struct layer *l = &net->layer[s->head];
    forward_sweep(net, s);
    lay_out_gradient(net, s);
    if (s->needs_dx)
        backward_sweeps(net, s, (size_t)l->in.w*(size_t)l->in.c*(size_t)s->conv->multiplier,
                        "dgrad");
    if (is_depthwise(l))
        s->conv->wgrad.algorithm = BY_DEPTHWISE;
    choose_winograd(net, s);
    choose_scatter(net, s);
}

void deconv_sweeps(const struct net *net, const struct stage *s, const struct layer *pointwise)
{
    struct stage *m = s->mirror;
    struct conv_plan *conv = m->conv;
    forward_sweep(net, m);
    snprintf(conv->forward.name, sizeof conv->forward.name, "%s_dgrad", s->name);
    backward_sweeps(net, m, s->out.row, "fwd");
    for (int k = 0; k < conv->ndgrad; k++) {
        conv->dgrad[k].bias = net->layer[s->head].bias || s->fold;
        conv->dgrad[k].pointwise = pointwise;
        conv->dgrad[k].short_unroll = s->fold != NULL;
    }
}

bool sweeps(struct net *net)
{
    assert(net->nstages > 0 && net->stage[0].in.image > 0);
    for (int i = 0; i < net->nstages; i++)
        if (net->stage[i].kind == STAGE_CONV) {
            conv_sweeps(net, &net->stage[i]);
            sum_up(net, &net->stage[i]);
        } else if (net->stage[i].mirror) {
            deconv_sweeps(net, &net->stage[i], NULL);
        }
    for (int i = 0; i < net->nstages; i++)
        if (net->stage[i].kind == STAGE_NORM)
            gather(net, i);
    return true;
}
