/*
** windows.c - windows over maps, and convolutions. A map of one row has windows of one row:
** operators of one dimension are those of two.
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

enum { PAD_MOST = 64, STRIDE_MOST = 4096, DILATION_MOST = 64 };

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
        return refuse(g, s->node, "attribute %s: is not one number for each of %d sides", name,
                      s->nd);
    for (int k = 0; k < n; k++) {
        if (list[k] < 1 || list[k] > most)
            return refuse(g, s->node, "attribute %s: %lld; 1 to %lld can be said", name,
                          (long long)list[k], (long long)most);
        out[SIDES - n + k] = list[k];
    }
    return true;
}

/* auto_pad: as many outputs as strides begin in the input. */
static bool automatic_pads(struct incoming *g, struct windows *s, const char *how)
{
    const bool same = !strcmp(how, "SAME_UPPER") || !strcmp(how, "SAME_LOWER");
    if (!same && strcmp(how, "VALID"))
        return refuse(g, s->node, "attribute auto_pad: \"%s\" is unknown", how);
    for (int d = 0; d < SIDES && same; d++) {
        const int64_t size = windows_side(s, d), span = s->dilation[d]*(s->k[d] - 1) + 1;
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

bool windows_read(struct incoming *g, int node, const int64_t *kernel, struct windows *s)
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
    if (!kernel && !attribute(g->model->nodes + node, "kernel_shape"))
        return refuse(g, node, "attribute kernel_shape: is missing");
    if (!per_side(g, s, "kernel_shape", 1, INPUT_SIDE, s->k)
        || !per_side(g, s, "strides", 1, STRIDE_MOST, s->stride)
        || !per_side(g, s, "dilations", 1, DILATION_MOST, s->dilation))
        return false;
    for (int d = SIDES - s->nd; kernel && d < SIDES; d++) {
        const int64_t side = kernel[d - (SIDES - s->nd)];
        if (node_ints(g, node, "kernel_shape", -1, (int64_t[ONNX_DIMS]){ 0 }, ONNX_DIMS) >= 0
            && s->k[d] != side)
            return refuse(g, node, "attribute kernel_shape: %lld, where its weight has %lld",
                          (long long)s->k[d], (long long)side);
        s->k[d] = side;
    }
    return read_pads(g, s);
}

void windows_take_pad(struct incoming *g, struct windows *s)
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

bool windows_set_pads(struct incoming *g, const struct windows *s, struct layer *l)
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

void windows_set(const struct windows *s, struct layer *l)
{
    l->kh = (int)s->k[DOWN];
    l->kw = (int)s->k[ACROSS];
    l->stride = (int)s->stride[DOWN];
    l->stride_w = (int)s->stride[ACROSS];
}

int64_t windows_in(const struct windows *s, int d)
{
    const int64_t rest = windows_side(s, d) + s->before[d] + s->after[d]
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
    if (w->count == 0)
        return refuse(g, node, "its weight has no values"), NULL;
    if (w->ndims != in->ndims)
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
    if (!w || !windows_read(g, node, w->dims + 2, &s))
        return false;
    windows_take_pad(g, &s);
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
    windows_set(&s, &p->l);
    p->l.filters = (int)w->dims[0];
    p->l.groups = (int)groups;
    p->l.dilation = (int)s.dilation[DOWN];
    p->l.out = (struct shape){ p->l.filters, (int)down, (int)across };
    if (!windows_set_pads(g, &s, &p->l))
        return false;
    view_add(g, node, g->nparts - 1, s.nd + 2);
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
        const int64_t whole = (windows_side(s, d) - 1)*s->stride[d] + s->k[d] + more;
        if (nshape == s->nd || same) {
            const int64_t wanted = nshape == s->nd ? shape[k] : windows_side(s, d)*s->stride[d];
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

static bool deconv_pads(struct incoming *g, const struct windows *s, struct layer *l)
{
    struct layer same = *l;
    same.pad_kind = PAD_SAME;
    padding_said(&same);
    l->pad_kind = PAD_SAME;
    if (s->before[DOWN] == same.pad_top && s->before[ACROSS] == same.pad_left
        && s->after[DOWN] == same.pad_bottom && s->after[ACROSS] == same.pad_right)
        return true;
    if (s->after[DOWN] < 0 || s->after[ACROSS] < 0)
        return refuse(g, s->node, "attribute output_padding: adds rows or columns that no filter "
                      "reaches; with as many pads as output_padding it can be said");
    return windows_set_pads(g, s, l);
}

bool transposed_convolution(struct incoming *g, int node)
{
    struct windows s;
    int64_t out[SIDES];
    const struct onnx_tensor *w = weights_of(g, node);
    const int64_t groups = attribute_int(&g->model->nodes[node], "group", 1);
    if (!w || !windows_read(g, node, w->dims + 2, &s) || !window_fits(g, &s, LAYER_DECONV)
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
    windows_set(&s, &p->l);
    p->l.filters = (int)w->dims[1];
    p->l.out = (struct shape){ p->l.filters, (int)out[DOWN], (int)out[ACROSS] };
    if (!deconv_pads(g, &s, &p->l))
        return false;
    view_add(g, node, g->nparts - 1, s.nd + 2);
    return true;
}

bool cut_deconv(struct incoming *g, int value, int dim, int64_t from, int64_t to)
{
    struct value *v = &g->value[value];
    struct layer *l = v->kind == VALUE_MAP && v->part >= 0 ? &g->part[v->part].l : NULL;
    const int cut = view_is_axis(g, v, dim, AXIS_H) ? DOWN : ACROSS;
    if (!l || l->kind != LAYER_DECONV || !incoming_private(g, value) || from < 0 || from >= to
        || to > v->dims[dim] || !view_is_axis(g, v, dim, cut == DOWN ? AXIS_H : AXIS_W))
        return false;
    padding_said(l);
    struct windows s = { .node = g->part[v->part].node,
                         .before = { l->pad_top, l->pad_left },
                         .after = { l->pad_bottom, l->pad_right } };
    s.before[cut] += from;
    s.after[cut] += v->dims[dim] - to;
    if (s.before[cut] > PAD_MOST || s.after[cut] < 0 || s.after[cut] > PAD_MOST)
        return false;
    v->dims[dim] = to - from;
    *(cut == DOWN ? &l->out.h : &l->out.w) = (int)(to - from);
    return deconv_pads(g, &s, l);
}
