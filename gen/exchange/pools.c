/*
** pools.c - pools, and means and maxima of whole maps.
*/
#include "exchange/pools.h"

#include <math.h>
#include <string.h>

#include "base/small.h"
#include "exchange/attribute.h"
#include "exchange/pointwise.h"
#include "exchange/views.h"
#include "exchange/windows.h"

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
    const int64_t size = windows_side(s, d) + s->before[d], n = windows_in(s, d);
    const bool left = (n - 1)*s->stride[d] + s->k[d] < size + s->after[d];
    return n + (ceil && left && n*s->stride[d] < size);
}

/* Of padding after a map that is as long as a window, which no pool here may have, what no window
** reaches is left out: exporters write it for ceil. */
static void drop_unreached(struct windows *s)
{
    for (int d = 0; d < SIDES; d++) {
        const int64_t n = windows_in(s, d);
        const int64_t reached = (n - 1)*s->stride[d] + s->k[d] - windows_side(s, d) - s->before[d];
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
    if (!windows_read(g, node, NULL, &s))
        return false;
    const bool own = s.before[0] || s.before[1] || s.after[0] || s.after[1];
    const int64_t before[SIDES] = { s.before[0], s.before[1] };
    const int64_t after[SIDES] = { s.after[0], s.after[1] };
    windows_take_pad(g, &s);
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
        windows_set(&s, &p->l);
        p->l.ceil = down != windows_in(&s, DOWN) || across != windows_in(&s, ACROSS);
        p->l.out = (struct shape){ s.in.c, (int)down, (int)across };
        if (!windows_set_pads(g, &s, &p->l))
            return false;
        const bool padded = p->l.pad[0] || p->l.pad[1] || p->l.pad[2] || p->l.pad[3];
        p->l.count_pad = !max && counted && padded;
    }
    if (!whole && s.k[DOWN]*s.k[ACROSS] > MAX_POOLED)
        return refuse(g, node, "a window of %lldx%lld: %d values are the most; two pools, one "
                      "after the other, would do", (long long)s.k[DOWN], (long long)s.k[ACROSS],
                      MAX_POOLED);
    view_add(g, node, g->nparts - 1, s.nd + 2);
    return true;
}

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
