/*
** sides.c - Pad, Resize and Upsample.
*/
#include "exchange/sides.h"

#include <math.h>
#include <string.h>

#include "exchange/attribute.h"
#include "exchange/pointwise.h"
#include "exchange/views.h"

enum { FACTOR_MOST = 64 };

/* ---- Pad ---- */

/* Numbers of each dimension's begin, then of each one's end. */
static bool pad_list(struct incoming *g, int node, int ndims, int64_t *begin, int64_t *end)
{
    int64_t list[2*ONNX_DIMS], axes[ONNX_DIMS];
    const int n = node_ints(g, node, "pads", 1, list, 2*ONNX_DIMS);
    const int naxes = node_ints(g, node, "", 3, axes, ONNX_DIMS), of = naxes >= 0 ? naxes : ndims;
    int at;
    if (n < 0 || n != 2*of)
        return refuse(g, node, "attribute pads: is no constant of two numbers a dimension");
    for (int k = 0; k < ndims; k++)
        begin[k] = end[k] = 0;
    for (int k = 0; k < of; k++) {
        if (!axis_of(naxes >= 0 ? axes[k] : k, ndims, &at))
            return refuse(g, node, "its axes are none of the map's");
        begin[at] = list[k];
        end[at] = list[of + k];
        if (begin[at] < 0 || end[at] < 0 || begin[at] > INPUT_SIDE || end[at] > INPUT_SIDE)
            return refuse(g, node, "attribute pads: %lld,%lld; 0 or more can be said",
                          (long long)begin[at], (long long)end[at]);
    }
    return true;
}

bool pad(struct incoming *g, int node)
{
    const struct onnx_node *n = &g->model->nodes[node];
    const int from = incoming_value(g, n->inputs[0]), part = pointwise_part(g, from);
    const char *mode = attribute_text(n, "mode", "constant");
    const struct onnx_tensor *fill = node_constant(g, node, 2);
    int64_t begin[ONNX_DIMS], end[ONNX_DIMS];
    if (part == PART_NONE)
        return false;
    struct value v = g->value[from];
    if (strcmp(mode, "constant"))
        return refuse(g, node, "attribute mode: \"%s\"; constant can be said", mode);
    if (!pad_list(g, node, v.ndims, begin, end))
        return false;
    struct part p = { .fill = fill && fill->count ? fill->values[0]
                              : attribute_float(n, "value", 0) };
    for (int d = 0; d < v.ndims; d++) {
        if (!begin[d] && !end[d])
            continue;
        int axis = -1;      /* a side of one value has no axis of its own in a view */
        for (int k = AXIS_H; k < AXES; k++)
            if (d > 0 && view_is_axis(g, &v, d, k) && (v.group[d].count || axis < 0))
                axis = k;
        if (v.dims[d] == 1 && v.ndims == 4 && d > 1)
            axis = d - 1;
        if (axis < 0)
            return refuse(g, node, "attribute pads: of dimension %d; of rows and columns can be "
                          "said", d);
        p.l.pad[axis - AXIS_H] = (int)begin[d];
        p.l.pad[2 + axis - AXIS_H] = (int)end[d];
        v.dims[d] += begin[d] + end[d];
        v.group[d] = (struct group){ 1, { axis } };
    }
    if (!p.l.pad[0] && !p.l.pad[1] && !p.l.pad[2] && !p.l.pad[3])
        return view_same(g, node);
    struct part *made = incoming_add_part(g, (enum layer_kind)PART_PAD, node, part);
    memcpy(made->l.pad, p.l.pad, sizeof p.l.pad);
    made->fill = p.fill;
    made->l.out.h += p.l.pad[0] + p.l.pad[2];
    made->l.out.w += p.l.pad[1] + p.l.pad[3];
    incoming_add_map(g, node, g->nparts - 1, v);
    return true;
}

/* ---- Resize ---- */

/* Where one of several outputs' value comes from, in inputs. nan: by a way that is not known. */
static double source(const char *how, int64_t x, int64_t in, int64_t out, double scale)
{
    if (!strcmp(how, "asymmetric"))
        return (double)x/scale;
    if (!strcmp(how, "half_pixel") || !strcmp(how, "pytorch_half_pixel")
        || !strcmp(how, "half_pixel_symmetric"))
        return ((double)x + 0.5)/scale - 0.5;
    if (!strcmp(how, "align_corners"))
        return (double)x*(double)(in - 1)/(double)(out - 1);
    return NAN;
}

static double rounded(const char *how, double x)
{
    return !strcmp(how, "floor") ? floor(x) : !strcmp(how, "ceil") ? ceil(x)
           : !strcmp(how, "round_prefer_ceil") ? floor(x + 0.5) : ceil(x - 0.5);
}

/* Does each output take the input that it lies in, as `upsample` repeats them? */
static bool repeats(const struct onnx_node *n, const char *how, int64_t in, int64_t factor)
{
    const char *round = attribute_text(n, "nearest_mode", "round_prefer_floor");
    for (int64_t x = 0; x < in*factor; x++) {
        const double at = rounded(round, source(how, x, in, in*factor, (double)factor));
        if (fmin(fmax(at, 0), (double)in - 1) != (double)(x/factor))
            return false;
    }
    return true;
}

/* Of each dimension how many times as large it becomes: by a list of factors or of sizes. */
static bool factors(struct incoming *g, int node, const struct value *v, int64_t *factor)
{
    const struct onnx_node *n = &g->model->nodes[node];
    const bool upsample = !strcmp(n->op, "Upsample");
    const struct onnx_attribute *list = attribute(n, "scales");
    const struct onnx_tensor *scales = node_constant(g, node, g->model->opset < 11 ? 1 : 2);
    const struct onnx_tensor *sizes = upsample ? NULL : node_constant(g, node, 3);
    const bool by_scale = (scales && scales->count) || (upsample && list);
    const size_t count = by_scale ? (scales ? scales->count : (size_t)list->nfloats)
                         : sizes ? sizes->count : 0;
    int64_t axes[ONNX_DIMS];
    const int naxes = node_ints(g, node, "axes", -1, axes, ONNX_DIMS);
    int at;
    if (count != (size_t)(naxes >= 0 ? naxes : v->ndims))
        return refuse(g, node, "its scales or sizes are no constants, one a dimension");
    for (int d = 0; d < v->ndims; d++)
        factor[d] = 1;
    for (size_t k = 0; k < count; k++) {
        if (!axis_of(naxes >= 0 ? axes[k] : (int64_t)k, v->ndims, &at))
            return refuse(g, node, "attribute axes: there is no such dimension");
        const double f = by_scale ? (scales ? scales->values[k] : (double)list->floats[k])
                         : sizes->values[k]/(double)v->dims[at];
        if (f != floor(f) || f < 1 || f > FACTOR_MOST)
            return refuse(g, node, "makes dimension %d %g times as large; whole numbers from 1 to "
                          "%d can be said", at, f, FACTOR_MOST);
        factor[at] = (int64_t)f;
        if (v->dims[at]*factor[at] > INPUT_SIDE)
            return refuse(g, node, "makes dimension %d %lld long; up to %d can be said", at,
                          (long long)(v->dims[at]*factor[at]), INPUT_SIDE);
    }
    return true;
}

/* The axis that a dimension is made of; one of size 1 is what its place says. -1: none. */
static int side_axis(const struct value *v, int d)
{
    return v->group[d].count == 1 ? v->group[d].axis[0] : v->ndims == 4 && d > 1 ? d - 1 : -1;
}

bool resize(struct incoming *g, int node)
{
    const struct onnx_node *n = &g->model->nodes[node];
    const int from = incoming_value(g, n->inputs[0]);
    int part = pointwise_part(g, from);
    const char *mode = attribute_text(n, "mode", "nearest");
    const bool old = !strcmp(n->op, "Upsample") || g->model->opset < 11;
    const char *how = attribute_text(n, "coordinate_transformation_mode", old ? "asymmetric"
                                     : "half_pixel");
    int64_t factor[ONNX_DIMS], times[AXES] = { 1, 1, 1 };
    if (part == PART_NONE)
        return false;
    struct value v = g->value[from];
    const bool linear = !strcmp(mode, "linear") || !strcmp(mode, "bilinear");
    if (!factors(g, node, &v, factor))
        return false;
    if (!linear && strcmp(mode, "nearest"))
        return refuse(g, node, "attribute mode: \"%s\"; nearest and linear can be said", mode);
    for (int d = 0; d < v.ndims; d++)
        if (factor[d] > 1 && d > 1 && side_axis(&v, d) < AXIS_H) {
            part = view_map(g, node, from);     /* what a Reshape made sides of */
            if (part == PART_NONE)
                return false;
            for (int k = 1; k < v.ndims; k++)
                v.group[k] = (struct group){ v.dims[k] > 1, { k == 1 ? AXIS_C
                                                              : k + AXIS_W + 1 - v.ndims } };
        }
    for (int d = 0; d < v.ndims; d++) {
        if (factor[d] == 1)
            continue;
        const int axis = side_axis(&v, d);
        if (d == 0 || axis < AXIS_H)
            return refuse(g, node, "makes dimension %d larger; rows and columns can be said", d);
        if (linear ? strcmp(how, "half_pixel") && strcmp(how, "pytorch_half_pixel")
            : !old && !repeats(n, how, v.dims[d], factor[d]))
            return refuse(g, node, "attribute coordinate_transformation_mode: \"%s\"; %s can be "
                          "said", how, linear ? "half_pixel (align_corners=False)"
                          : "what repeats each value");
        times[axis] = factor[d];
        v.dims[d] *= factor[d];
        v.group[d] = (struct group){ 1, { axis } };
    }
    if (times[AXIS_H] == 1 && times[AXIS_W] == 1 && !incoming_is_layer(g, node))
        return view_same(g, node);
    struct part *p = incoming_add_part(g, LAYER_UPSAMPLE, node, part);
    p->l.up_h = (int)times[AXIS_H];
    p->l.up_w = (int)times[AXIS_W];
    p->l.bilinear = linear;
    p->l.out.h *= p->l.up_h;
    p->l.out.w *= p->l.up_w;
    incoming_add_map(g, node, g->nparts - 1, v);
    return true;
}
