/*
** windows.c - convolutions, pools, and the Pad before them. A map of one row has windows of one
** row: operators of one dimension are those of two.
*/
#include "exchange/windows.h"

#include <math.h>
#include <string.h>

#include "base/padding.h"
#include "base/small.h"
#include "exchange/attribute.h"
#include "exchange/pointwise.h"
#include "exchange/views.h"
#include "read/layers.h"

enum { DOWN, ACROSS, SIDES };
enum { PAD_MOST = 64, STRIDE_MOST = 4096, DILATION_MOST = 64 };

struct windows {
    int node, nd;               /* dimensions of its map: 1 or 2 */
    int part;                   /* that it reads */
    struct shape in;
    int64_t k[SIDES], stride[SIDES], dilation[SIDES], before[SIDES], after[SIDES];
    double fill;                /* of a Pad that was taken in; nan: there was none */
};

/* An attribute of one number a side; `unless` where it is not there. */
static bool per_side(struct incoming *g, const struct windows *s, const char *name, int64_t unless,
                     int64_t most, int64_t *out)
{
    int64_t list[ONNX_DIMS];
    const int n = node_ints(g, s->node, name, -1, list, ONNX_DIMS);
    out[DOWN] = 1;
    out[ACROSS] = unless;
    if (s->nd == 2)
        out[DOWN] = unless;
    if (n == -1)
        return true;
    if (n != s->nd)
        return refuse(g, s->node, "attribute %s: %d numbers of a map of %d dimensions", name, n,
                      s->nd);
    for (int k = 0; k < n; k++) {
        if (list[k] < 1 || list[k] > most)
            return refuse(g, s->node, "attribute %s: %lld; 1 to %lld can be said", name,
                          (long long)list[k], (long long)most);
        out[SIDES - n + k] = list[k];
    }
    return true;
}

static int64_t side_of(const struct windows *s, int side)
{
    return side == DOWN ? s->in.h : s->in.w;
}

/* auto_pad: as many outputs as strides begin in the input. */
static bool automatic_pads(struct incoming *g, struct windows *s, const char *how)
{
    const bool same = !strcmp(how, "SAME_UPPER") || !strcmp(how, "SAME_LOWER");
    if (!same && strcmp(how, "VALID"))
        return refuse(g, s->node, "attribute auto_pad: \"%s\" is unknown", how);
    for (int d = 0; d < SIDES && same; d++) {
        const int64_t size = side_of(s, d), span = s->dilation[d]*(s->k[d] - 1) + 1;
        const int64_t outputs = (size + s->stride[d] - 1)/s->stride[d];
        const int64_t all = (outputs - 1)*s->stride[d] + span - size, pads = all > 0 ? all : 0;
        s->before[d] = strcmp(how, "SAME_UPPER") ? pads - pads/2 : pads/2;
        s->after[d] = pads - s->before[d];
    }
    return true;
}

static bool read_pads(struct incoming *g, struct windows *s)
{
    const char *how = attribute_text(&g->model->nodes[s->node], "auto_pad", "NOTSET");
    int64_t list[2*SIDES];
    for (int d = 0; d < SIDES; d++)
        s->before[d] = s->after[d] = 0;
    if (strcmp(how, "NOTSET") && *how)
        return automatic_pads(g, s, how);
    const int n = node_ints(g, s->node, "pads", -1, list, 2*SIDES);
    if (n == -1)
        return true;
    if (n != 2*s->nd)
        return refuse(g, s->node, "attribute pads: is not two numbers for each side");
    for (int k = 0; k < s->nd; k++) {
        s->before[SIDES - s->nd + k] = list[k];
        s->after[SIDES - s->nd + k] = list[s->nd + k];
    }
    return true;
}

/* The node's map, and its window: of a kernel of these sides, or (NULL) of its attribute. */
static bool read_windows(struct incoming *g, int node, const int64_t *kernel, struct windows *s)
{
    const int value = incoming_value(g, g->model->nodes[node].inputs[0]);
    *s = (struct windows){ .node = node, .nd = g->value[value].ndims - 2, .fill = NAN };
    if (s->nd != 1 && s->nd != 2)
        return refuse(g, node, "of %s: windows over rows and maps can be said",
                      dims_text(&g->value[value]).text);
    s->part = view_map(g, node, value);
    if (s->part == PART_NONE)
        return false;
    s->in = part_shape(g, s->part);
    if (!kernel && node_ints(g, node, "kernel_shape", -1, (int64_t[ONNX_DIMS]){ 0 }, ONNX_DIMS) < 0)
        return refuse(g, node, "attribute kernel_shape: is missing");
    if (!per_side(g, s, "kernel_shape", 1, INPUT_SIDE, s->k)
        || !per_side(g, s, "strides", 1, STRIDE_MOST, s->stride)
        || !per_side(g, s, "dilations", 1, DILATION_MOST, s->dilation))
        return false;
    for (int k = 0; kernel && k < s->nd; k++)
        s->k[SIDES - s->nd + k] = kernel[k];
    return read_pads(g, s);
}

/* A Pad in front becomes part of the window's. */
static void take_pad(struct incoming *g, struct windows *s)
{
    if (s->part < 0 || (int)g->part[s->part].l.kind != PART_PAD)
        return;
    const struct part *p = &g->part[s->part];
    for (int d = 0; d < SIDES; d++) {
        s->before[d] += p->l.pad[d];
        s->after[d] += p->l.pad[2 + d];
    }
    s->fill = p->fill;
    s->part = p->from[0];
    s->in = part_shape(g, s->part);
}

/* Pads of the window in the layer. least: 0, but of a deconv, where some may be below. */
static bool set_pads(struct incoming *g, const struct windows *s, struct layer *l)
{
    for (int d = 0; d < SIDES; d++)
        for (int end = 0; end < 2; end++) {
            const int64_t pad = end ? s->after[d] : s->before[d];
            if (pad < 0 || pad > PAD_MOST)
                return refuse(g, s->node, "attribute pads: %lld; 0 to %d can be said",
                              (long long)pad, PAD_MOST);
            l->pad[2*end + d] = (int)pad;
        }
    l->pad_kind = PAD_NUMBER;
    return true;
}

static void set_window(const struct windows *s, struct layer *l)
{
    l->kh = (int)s->k[DOWN];
    l->kw = (int)s->k[ACROSS];
    l->stride = (int)s->stride[DOWN];
    l->stride_w = (int)s->stride[ACROSS];
}

/* Whole windows in a padded side; below 1: there are none. */
static int64_t windows_in(const struct windows *s, int d)
{
    const int64_t rest = side_of(s, d) + s->before[d] + s->after[d]
                         - (s->dilation[d]*(s->k[d] - 1) + 1);
    return rest < 0 ? 0 : rest/s->stride[d] + 1;
}

static bool window_fits(struct incoming *g, const struct windows *s, enum layer_kind kind)
{
    const struct layer_def *def = layer_def(kind);
    const int64_t most = s->k[0] > s->k[1] ? s->k[0] : s->k[1];
    const int64_t least = s->k[0] > s->k[1] ? s->k[1] : s->k[0];
    if (most <= def->max_window || (least == 1 && most <= def->max_line))
        return true;
    return refuse(g, s->node, "a window of %lldx%lld: each side of a %s is at most %d, or %d where "
                  "the other is 1", (long long)s->k[0], (long long)s->k[1], def->word,
                  def->max_window, def->max_line);
}

static struct part *weighted(struct incoming *g, enum layer_kind kind, int node, int from)
{
    const struct onnx_node *n = &g->model->nodes[node];
    struct part *p = incoming_add_part(g, kind, node, from);
    const struct onnx_tensor *w = node_constant(g, node, 1), *b = node_constant(g, node, 2);
    p->hint[0] = n->inputs[1];
    p->hint[1] = n->name;
    p->hint[2] = b ? n->inputs[2] : NULL;
    p->count[0] = w->count;
    p->tensor[0] = alloc(w->count + 1, sizeof *w->values);
    memcpy(p->tensor[0], w->values, w->count*sizeof *w->values);
    p->l.bias = b != NULL;
    if (b) {
        p->count[1] = b->count;
        p->tensor[1] = alloc(b->count + 1, sizeof *b->values);
        memcpy(p->tensor[1], b->values, b->count*sizeof *b->values);
    }
    return p;
}

/* Weights and bias are constants, of a filter of as many dimensions as the map. */
static const struct onnx_tensor *weights_of(struct incoming *g, int node)
{
    const struct onnx_tensor *w = node_constant(g, node, 1);
    const struct value *in = node_input(g, node, 0), *b = node_input(g, node, 2);
    if (!w || (b && b->kind != VALUE_CONSTANT))
        return refuse(g, node, "its %s is computed from the images; a constant can be said",
                      w ? "bias" : "weight"), NULL;
    if (w->ndims != in->ndims || w->count == 0)
        return refuse(g, node, "its weight has %d dimensions, its map %d", w->ndims, in->ndims),
               NULL;
    return w;
}

static bool bias_fits(struct incoming *g, int node, int64_t filters)
{
    const struct onnx_tensor *b = node_constant(g, node, 2);
    return !b || (int64_t)b->count == filters
           || refuse(g, node, "its bias has %zu values, for %lld filters", b->count,
                     (long long)filters);
}

static bool one_dilation(struct incoming *g, struct windows *s)
{
    const int64_t down = s->k[DOWN] > 1 ? s->dilation[DOWN] : s->dilation[ACROSS];
    const int64_t across = s->k[ACROSS] > 1 ? s->dilation[ACROSS] : down;
    s->dilation[DOWN] = s->dilation[ACROSS] = s->k[DOWN] > 1 || s->k[ACROSS] > 1 ? down : 1;
    return down == across
           || refuse(g, s->node, "attribute dilations: %lld,%lld; one number for both sides can be "
                     "said", (long long)down, (long long)across);
}

bool convolution(struct incoming *g, int node)
{
    struct windows s;
    const struct onnx_tensor *w = weights_of(g, node);
    const int64_t groups = attribute_int(&g->model->nodes[node], "group", 1);
    if (!w || !read_windows(g, node, w->dims + 2, &s))
        return false;
    take_pad(g, &s);
    if (!isnan(s.fill) && s.fill != 0)
        return refuse(g, node, "the Pad before it puts %g there; only 0 can be said", s.fill);
    if (!window_fits(g, &s, LAYER_CONV) || !bias_fits(g, node, w->dims[0]) || !one_dilation(g, &s))
        return false;
    if (groups < 1 || groups > 65536 || w->dims[1]*groups != s.in.c || w->dims[0] % groups)
        return refuse(g, node, "attribute group: %lld groups of %lld channels by %lld filters do "
                      "not fit the %d channels that it gets", (long long)groups,
                      (long long)w->dims[1], (long long)w->dims[0], s.in.c);
    const int64_t down = windows_in(&s, DOWN), across = windows_in(&s, ACROSS);
    if (down < 1 || across < 1)
        return refuse(g, node, "its window is larger than the map of %dx%d", s.in.h, s.in.w);
    struct part *p = weighted(g, LAYER_CONV, node, s.part);
    set_window(&s, &p->l);
    p->l.filters = (int)w->dims[0];
    p->l.groups = (int)groups;
    p->l.dilation = (int)s.dilation[DOWN];
    p->l.out = (struct shape){ p->l.filters, (int)down, (int)across };
    if (!set_pads(g, &s, &p->l))
        return false;
    view_add(g, node, g->nparts - 1, s.nd + 2, false);
    return true;
}

/* ---- transposed ---- */

/* What is cut off: pads, less what output_padding adds; or as output_shape and auto_pad say. */
static bool cut_pads(struct incoming *g, struct windows *s, int64_t *out)
{
    const char *how = attribute_text(&g->model->nodes[s->node], "auto_pad", "NOTSET");
    int64_t shape[SIDES], extra[SIDES];
    const int nshape = node_ints(g, s->node, "output_shape", -1, shape, SIDES);
    const int nextra = node_ints(g, s->node, "output_padding", -1, extra, SIDES);
    const bool same = !strncmp(how, "SAME", 4);
    for (int d = SIDES - s->nd; d < SIDES; d++) {
        const int k = d - (SIDES - s->nd);
        const int64_t more = nextra == s->nd ? extra[k] : 0;
        const int64_t whole = (side_of(s, d) - 1)*s->stride[d] + s->k[d] + more;
        if (nshape == s->nd || same) {
            const int64_t wanted = nshape == s->nd ? shape[k] : side_of(s, d)*s->stride[d];
            const int64_t all = whole - wanted;
            s->before[d] = !strcmp(how, "SAME_UPPER") ? all/2 : all - all/2;
            s->after[d] = all - s->before[d];
        }
        out[d] = whole - s->before[d] - s->after[d];
        s->after[d] -= more;
    }
    if (s->nd == 1)
        out[DOWN] = 1;
    return (out[DOWN] > 0 && out[ACROSS] > 0 && out[DOWN] <= INPUT_SIDE
            && out[ACROSS] <= INPUT_SIDE)
           || refuse(g, s->node, "makes a map of %lldx%lld", (long long)out[DOWN],
                     (long long)out[ACROSS]);
}

bool transposed_convolution(struct incoming *g, int node)
{
    struct windows s;
    int64_t out[SIDES];
    const struct onnx_tensor *w = weights_of(g, node);
    const int64_t groups = attribute_int(&g->model->nodes[node], "group", 1);
    if (!w || !read_windows(g, node, w->dims + 2, &s) || !window_fits(g, &s, LAYER_DECONV)
        || !bias_fits(g, node, w->dims[1]))
        return false;
    if (groups != 1)
        return refuse(g, node, "attribute group: %lld; a deconv has no groups", (long long)groups);
    if ((s.dilation[DOWN] != 1 && s.k[DOWN] > 1) || (s.dilation[ACROSS] != 1 && s.k[ACROSS] > 1))
        return refuse(g, node, "attribute dilations: a deconv has none");
    if (w->dims[0] != s.in.c)
        return refuse(g, node, "its weight is for %lld channels, and it gets %d",
                      (long long)w->dims[0], s.in.c);
    if (!cut_pads(g, &s, out))
        return false;
    struct part *p = weighted(g, LAYER_DECONV, node, s.part);
    set_window(&s, &p->l);
    p->l.filters = (int)w->dims[1];
    p->l.out = (struct shape){ p->l.filters, (int)out[DOWN], (int)out[ACROSS] };
    struct layer same = p->l;
    same.pad_kind = PAD_SAME;
    padding_said(&same);
    if (s.before[DOWN] == same.pad_top && s.before[ACROSS] == same.pad_left
        && s.after[DOWN] == same.pad_bottom && s.after[ACROSS] == same.pad_right)
        p->l.pad_kind = PAD_SAME;
    else if (s.after[DOWN] < 0 || s.after[ACROSS] < 0)
        return refuse(g, node, "attribute output_padding: adds rows or columns that no filter "
                      "reaches; with as many pads as output_padding it can be said");
    else if (!set_pads(g, &s, &p->l))
        return false;
    view_add(g, node, g->nparts - 1, s.nd + 2, false);
    return true;
}

/* ---- pools ---- */

/* Is a value of what the part makes ever below 0? A Pad's zeros before a maxpool are then seen. */
static bool never_negative(const struct incoming *g, int part)
{
    while (part >= 0 && (g->part[part].l.kind == LAYER_MAXPOOL
                         || g->part[part].l.kind == LAYER_AVGPOOL))
        part = g->part[part].from[0];
    const struct layer *l = part < 0 ? NULL : &g->part[part].l;
    return l && (l->kind == LAYER_RELU || l->kind == LAYER_SIGMOID || l->kind == LAYER_HARDSIGMOID
                 || (l->kind == LAYER_CLIP && l->number[0] >= 0));
}

/* ceil_mode: one more window than fits, if it begins before the map ends. */
static int64_t pooled(const struct windows *s, int d, bool ceil)
{
    const int64_t size = side_of(s, d) + s->before[d], n = windows_in(s, d);
    const bool left = (n - 1)*s->stride[d] + s->k[d] < size + s->after[d];
    return n + (ceil && left && n*s->stride[d] < size);
}

/* Of padding after a map that is as long as a window, which no pool here may have, what no window
** reaches is left out: exporters write it for ceil. */
static void drop_unreached(struct windows *s)
{
    for (int d = 0; d < SIDES; d++) {
        const int64_t n = windows_in(s, d);
        const int64_t reached = (n - 1)*s->stride[d] + s->k[d] - side_of(s, d) - s->before[d];
        if (n > 0 && s->after[d] >= s->k[d] && reached < s->after[d])
            s->after[d] = reached > 0 ? reached : 0;
    }
}

/* A mean's own pads after a Pad are not counted, as what ceil_mode adds is not: where they come to
** the same windows they are that, and are taken back. `before` and `after`: its own. */
static bool is_overhang(struct windows *s, const int64_t *before, const int64_t *after)
{
    for (int d = 0; d < SIDES; d++) {
        const int64_t n = windows_in(s, d);
        s->after[d] -= after[d];
        if (before[d] || pooled(s, d, true) != n)
            return false;
    }
    return true;
}

static bool pool_attributes(struct incoming *g, const struct windows *s)
{
    const struct onnx_node *n = &g->model->nodes[s->node];
    if (s->dilation[DOWN] != 1 || s->dilation[ACROSS] != 1)
        return refuse(g, s->node, "attribute dilations: a pool's windows have no gaps here");
    if (n->noutputs > 1 && *n->outputs[1])
        return refuse(g, s->node, "its second output, the places, is asked for; export the model "
                      "without return_indices");
    for (int d = 0; d < SIDES; d++)
        if (s->before[d] >= s->k[d] || s->after[d] >= s->k[d])
            return refuse(g, s->node, "attribute pads: as many as the window is large; less than a "
                          "window can be said");
    return true;
}

/* A Pad before the pool: of a mean zeros that count, of a maximum what is never the largest. */
static bool pool_fill(struct incoming *g, const struct windows *s, bool max, bool *counted)
{
    if (isnan(s->fill))
        return true;
    if (!max && s->fill == 0) {
        *counted = true;
        return true;
    }
    if (max && (s->fill < -1e30 || (s->fill == 0 && never_negative(g, s->part))))
        return true;
    return refuse(g, s->node, "the Pad before it puts %g there; before a mean 0 can be said, "
                  "before a maximum less than any value (or 0 after a relu)", s->fill);
}

/* The side of windows beside each other of which a pool leaves no more than another one takes: the
** least, or of a very large map the largest that a pool takes itself. */
static int window_side(struct shape s)
{
    for (int k = 2;; k++) {
        const int h = min_int(k, s.h), w = min_int(k, s.w);
        if (min_int(k + 1, s.h)*min_int(k + 1, s.w) > MAX_POOLED
            || (int64_t)ceil_div(s.h, h)*ceil_div(s.w, w) <= MAX_POOLED)
            return k;
    }
}

/* A global pool. A maximum of more values than a window may have is one of maxima; where several
** values are the largest, the gradient may go to another one of them. */
static int global_part(struct incoming *g, bool max, int node, int from)
{
    for (struct shape s; s = part_shape(g, from), max && (int64_t)s.h*s.w > MAX_POOLED; ) {
        const int side = window_side(s);
        struct part *p = incoming_add_part(g, LAYER_MAXPOOL, node, from);
        from = g->nparts - 1;
        p->l.kh = p->l.stride = min_int(side, s.h);
        p->l.kw = p->l.stride_w = min_int(side, s.w);
        p->l.pad_kind = PAD_NUMBER;
        p->l.ceil = true;
        p->l.out.h = ceil_div(s.h, p->l.kh);
        p->l.out.w = ceil_div(s.w, p->l.kw);
    }
    struct part *p = incoming_add_part(g, max ? LAYER_GLOBALMAXPOOL : LAYER_GLOBALAVGPOOL, node,
                                       from);
    p->l.out.h = p->l.out.w = 1;
    return g->nparts - 1;
}

bool pool(struct incoming *g, int node)
{
    const struct onnx_node *n = &g->model->nodes[node];
    const bool max = !strcmp(n->op, "MaxPool");
    bool counted = attribute_int(n, "count_include_pad", 0);
    bool ceil = attribute_int(n, "ceil_mode", 0);
    struct windows s;
    if (!read_windows(g, node, NULL, &s))
        return false;
    const bool own = s.before[0] || s.before[1] || s.after[0] || s.after[1];
    const int64_t before[SIDES] = { s.before[0], s.before[1] };
    const int64_t after[SIDES] = { s.after[0], s.after[1] };
    take_pad(g, &s);
    const bool overhang = !isnan(s.fill) && own && !max && !counted;
    ceil |= overhang;
    if (overhang && !is_overhang(&s, before, after))
        return refuse(g, node, "attribute count_include_pad: the Pad before it is counted, its own "
                      "pads are not; one or the other can be said");
    if (!ceil)
        drop_unreached(&s);
    if (!pool_attributes(g, &s) || !pool_fill(g, &s, max, &counted))
        return false;
    const int64_t down = pooled(&s, DOWN, ceil), across = pooled(&s, ACROSS, ceil);
    if (down < 1 || across < 1)
        return refuse(g, node, "its window is larger than the map of %dx%d", s.in.h, s.in.w);
    const bool whole = s.k[DOWN] == s.in.h && s.k[ACROSS] == s.in.w && down == 1 && across == 1
                       && !own && isnan(s.fill) && !incoming_is_layer(g, node);
    if (whole) {
        global_part(g, max, node, s.part);
    } else {
        struct part *p = incoming_add_part(g, max ? LAYER_MAXPOOL : LAYER_AVGPOOL, node, s.part);
        set_window(&s, &p->l);
        p->l.ceil = down != windows_in(&s, DOWN) || across != windows_in(&s, ACROSS);
        p->l.out = (struct shape){ s.in.c, (int)down, (int)across };
        if (!set_pads(g, &s, &p->l))
            return false;
        const bool padded = p->l.pad[0] || p->l.pad[1] || p->l.pad[2] || p->l.pad[3];
        p->l.count_pad = !max && counted && padded;
    }
    if (!whole && s.k[DOWN]*s.k[ACROSS] > MAX_POOLED)
        return refuse(g, node, "a window of %lldx%lld: %d values are the most; two pools, one "
                      "after the other, would do", (long long)s.k[DOWN], (long long)s.k[ACROSS],
                      MAX_POOLED);
    view_add(g, node, g->nparts - 1, s.nd + 2, false);
    return true;
}

/* GlobalAveragePool, GlobalMaxPool, ReduceMean and ReduceMax over a map's rows and columns. */
bool global_pool(struct incoming *g, int node)
{
    const struct onnx_node *n = &g->model->nodes[node];
    const int from = incoming_value(g, n->inputs[0]);
    const bool reduce = !strncmp(n->op, "Reduce", 6), keep = attribute_int(n, "keepdims", 1);
    const bool max = strstr(n->op, "Max") != NULL;
    int part = pointwise_part(g, from), at;
    if (part == PART_NONE)
        return false;
    const struct value v = g->value[from];
    int64_t axes[ONNX_DIMS];
    unsigned over = 0;
    const int naxes = reduce ? node_ints(g, node, "axes", 1, axes, ONNX_DIMS) : v.ndims - 2;
    for (int k = 0; k < naxes; k++) {
        if (!axis_of(reduce ? axes[k] : k + 2, v.ndims, &at))
            return refuse(g, node, "attribute axes: there is no such dimension");
        over |= 1u << at;
    }
    struct value out = { .ndims = 0 };
    struct shape s = part_shape(g, part);
    int taken = 0;
    for (int d = 0; d < v.ndims; d++) {
        const bool along = over & 1u << d;
        for (int k = 0; along && k < v.group[d].count; k++)
            taken |= 1 << v.group[d].axis[k];
        if (along && (d == 0 || taken & 1 << AXIS_C))
            return refuse(g, node, "attribute axes: over %s; over rows and columns can be said",
                          d ? "channels" : "the batch");
        if (along && reduce && !keep)
            continue;
        out.dims[out.ndims] = along ? 1 : v.dims[d];
        if (!along)
            out.group[out.ndims] = v.group[d];
        out.ndims++;
    }
    const int all = (s.h > 1) << AXIS_H | (s.w > 1) << AXIS_W;
    if (naxes < 1 || taken != all)
        return refuse(g, node, "attribute axes: over a part of a map's rows and columns; over both "
                      "can be said");
    incoming_add_map(g, node, global_part(g, max, node, part), out);
    return true;
}
