/*
** views.c - in which order a value has the axes of the layer that makes it. It must never move a
** value: what cannot be seen as another view is reshaped by a layer, or refused.
*/
#include "exchange/views.h"

#include <stdlib.h>
#include <string.h>

#include "exchange/attribute.h"
#include "exchange/pointwise.h"
#include "read/layers.h"

static int shape_side(struct shape s, int axis)
{
    return axis == AXIS_C ? s.c : axis == AXIS_H ? s.h : s.w;
}

/* The shape of what makes it: a function's is that of its base. */
static struct shape value_shape(const struct incoming *g, const struct value *v)
{
    while (v->kind == VALUE_POINTWISE && v->part == PART_NONE)
        v = &g->value[v->base];
    return part_shape(g, v->part);
}

int view_axis_size(const struct incoming *g, const struct value *v, int axis)
{
    return shape_side(value_shape(g, v), axis);
}

bool view_is_axis(const struct incoming *g, const struct value *v, int dim, int axis)
{
    const struct group *group = &v->group[dim];
    if (v->dims[dim] != view_axis_size(g, v, axis))
        return false;
    return v->dims[dim] == 1 || (group->count == 1 && group->axis[0] == axis);
}

/* The axes in the order of channels, rows, columns: memory has the part's own order. */
static bool in_order(const struct value *v)
{
    int last = -1;
    for (int d = 0; d < v->ndims; d++)
        for (int k = 0; k < v->group[d].count; k++) {
            if (v->group[d].axis[k] < last)
                return false;
            last = v->group[d].axis[k];
        }
    return true;
}

/* The same axes, cut into other dimensions. False: one would have to be cut itself. */
static bool regroup(const struct incoming *g, const struct value *v, struct value *to)
{
    const struct shape s = value_shape(g, v);
    int axes[AXES], n = 0, at = 0;
    for (int d = 0; d < v->ndims; d++)
        for (int k = 0; k < v->group[d].count; k++)
            axes[n++] = v->group[d].axis[k];
    for (int d = 1; d < to->ndims; d++) {
        int64_t size = 1;
        to->group[d].count = 0;
        while (at < n && size < to->dims[d]) {
            size *= shape_side(s, axes[at]);
            to->group[d].axis[to->group[d].count++] = axes[at++];
        }
        if (size != to->dims[d])
            return false;
    }
    return at == n;
}

/* One beyond what a map may have stays beyond it. */
static int side(int64_t size)
{
    return size > INPUT_SIDE ? INPUT_SIDE + 1 : (int)size;
}

static struct shape dims_shape(const struct value *v)
{
    return (struct shape){ side(v->dims[1]), v->ndims == 4 ? side(v->dims[2]) : 1,
                           v->ndims == 4 ? side(v->dims[3])
                           : v->ndims == 3 ? side(v->dims[2]) : 1 };
}

static void natural_groups(struct value *v)
{
    memset(v->group, 0, sizeof v->group);
    for (int d = 1; d < v->ndims; d++) {
        const int axis = d == 1 ? AXIS_C : v->ndims == 3 ? AXIS_W : d - 1;
        if (v->dims[d] > 1)
            v->group[d] = (struct group){ 1, { axis } };
    }
}

int view_add(struct incoming *g, int node, int part, int ndims)
{
    const struct shape s = part_shape(g, part);
    struct value v = { .ndims = ndims, .dims = { g->batch, s.c, ndims == 3 ? s.w : s.h, s.w } };
    natural_groups(&v);
    return incoming_add_map(g, node, part, v);
}

/* ---- permuted affine layers ---- */

/* What a reshape's affine layer makes, in the order that the value has, so that the reshape makes
** the value's dimensions as channels, rows and columns. Only where nothing else sees it. */
static bool permute_below(struct incoming *g, const struct value *v)
{
    struct part *reshape = &g->part[v->part];
    int at = reshape->from[0];
    const struct shape was = reshape->l.to, now = dims_shape(v);
    const size_t n = (size_t)was.c*(size_t)was.h*(size_t)was.w;
    int axis_dim[AXES] = { 0 };         /* of the value, for each of the part's axes */
    for (int d = 1; d < v->ndims; d++) {
        if (v->group[d].count > 1)
            return false;
        if (v->group[d].count)
            axis_dim[v->group[d].axis[0]] = d;
    }
    while (at >= 0 && g->part[at].nfrom == 1 && g->part[at].l.kind != LAYER_AFFINE
           && layer_def(g->part[at].l.kind)->stage == STAGE_POINTWISE)
        at = g->part[at].from[0];
    if (at < 0 || g->part[at].l.kind != LAYER_AFFINE)
        return false;
    struct part *p = &g->part[at];
    const size_t inputs = p->count[0]/n;
    double *w = alloc(p->count[0], sizeof *w), *b = alloc(n, sizeof *b);
    for (size_t k = 0; k < n; k++) {    /* the k-th in the old order: where it is in the new one */
        const size_t place[AXES] = { k/((size_t)was.h*(size_t)was.w),
                                     k/(size_t)was.w % (size_t)was.h, k % (size_t)was.w };
        size_t to = 0;
        for (int d = 1; d < v->ndims; d++) {
            size_t index = 0;
            for (int axis = 0; axis < AXES; axis++)
                if (axis_dim[axis] == d)
                    index = place[axis];
            to = to*(size_t)v->dims[d] + index;
        }
        memcpy(w + to*inputs, p->tensor[0] + k*inputs, inputs*sizeof *w);
        if (p->l.bias)
            b[to] = p->tensor[1][k];
    }
    p->tensor[0] = w;
    if (p->l.bias)
        p->tensor[1] = b;
    reshape->l.to = reshape->l.out = now;
    return true;
}

/* May the images have another shape in the network file? Rows may: whoever has maps of channels,
** rows and columns has files of them. */
static bool takes_shape(const struct incoming *g, int value)
{
    return g->value[g->input_value].ndims < 4 && incoming_private(g, value);
}

int view_map(struct incoming *g, int node, int value)
{
    const int part = pointwise_part(g, value);
    struct value *v = &g->value[value];
    if (part == PART_NONE)
        return part;
    if (v->ndims < 2 || v->ndims > 4) {
        refuse(g, node, "of %s: rows and maps of two dimensions can be said", dims_text(v).text);
        return PART_NONE;
    }
    bool natural = true;
    for (int d = 1; d < v->ndims; d++)
        natural &= view_is_axis(g, v, d, d == 1 ? AXIS_C : v->ndims == 3 ? AXIS_W : d - 1);
    const struct shape s = part_shape(g, part), wanted = dims_shape(v);
    natural &= s.c == wanted.c && s.h == wanted.h && s.w == wanted.w;
    if (natural)
        return part;
    if (in_order(v)) {
        if (part == INPUT && takes_shape(g, value)) {       /* it may as well be the input's */
            g->input = wanted;
            natural_groups(v);
            g->reshaped = true;
            return part;
        }
        struct part *p = incoming_add_part(g, LAYER_RESHAPE, node, part);
        p->l.to = p->l.out = wanted;
        v->part = g->nparts - 1;        /* whoever else reads the value reads that */
        natural_groups(v);
        return v->part;
    }
    if (part >= 0 && g->part[part].l.kind == LAYER_RESHAPE && v->kind == VALUE_MAP
        && incoming_private(g, value) && permute_below(g, v)) {
        natural_groups(v);
        return part;
    }
    refuse(g, node, "gets its dimensions in another order than channels, rows, columns, and no "
           "layer here exchanges them; a Transpose can be read where it leads to that order");
    return PART_NONE;
}

/* ---- other views ---- */

static bool add_view(struct incoming *g, int node, struct value v, int from)
{
    const char *name = g->model->nodes[node].outputs[0];
    v.kind = VALUE_MAP;
    v.node = node;
    v.via = from;
    incoming_add_value(g, name, v);
    return true;
}

bool view_same(struct incoming *g, int node)
{
    const int from = incoming_value(g, g->model->nodes[node].inputs[0]);
    const int part = pointwise_part(g, from);
    struct value v = g->value[from];
    v.part = part;
    return part != PART_NONE && add_view(g, node, v, from);
}

bool view_reshape(struct incoming *g, int node, int ndims, const int64_t *dims)
{
    const int from = incoming_value(g, g->model->nodes[node].inputs[0]);
    const int part = pointwise_part(g, from);
    if (part == PART_NONE)
        return false;
    struct value v = g->value[from], to = v;
    v.part = to.part = part;
    to.ndims = ndims;
    memcpy(to.dims, dims, (size_t)ndims*sizeof *dims);
    if (ndims < 2 || dims[0] != g->batch)
        return refuse(g, node, "makes %s of a batch of images; the first dimension is to stay "
                      "the batch's", ndims < 2 ? "one list" : "another number of images");
    if (!incoming_is_layer(g, node) && regroup(g, &v, &to))
        return add_view(g, node, to, from);
    if (!in_order(&v))
        return refuse(g, node, "cuts dimensions that a Transpose before it exchanged; there is no "
                      "layer for that here (a shuffle of channels is one such)");
    if (ndims > 4)
        return refuse(g, node, "makes %s: rows and maps of two dimensions can be said (channels "
                      "are cut so for a shuffle or for PixelShuffle, which are no layers here)",
                      dims_text(&to).text);
    if (part == INPUT && takes_shape(g, from)) {
        g->input = dims_shape(&to);
        g->reshaped = true;
        natural_groups(&to);
        return add_view(g, node, to, from);
    }
    struct part *p = incoming_add_part(g, LAYER_RESHAPE, node, part);
    p->l.to = p->l.out = dims_shape(&to);
    to.part = g->nparts - 1;
    natural_groups(&to);
    return add_view(g, node, to, from);
}

bool view_transpose(struct incoming *g, int node)
{
    const struct onnx_node *n = &g->model->nodes[node];
    const struct onnx_attribute *perm = attribute(n, "perm");
    const int from = incoming_value(g, n->inputs[0]);
    const int part = pointwise_part(g, from);
    if (part == PART_NONE)
        return false;
    struct value v = g->value[from], to = v;
    to.part = part;
    if (!perm || perm->nints != v.ndims || perm->ints[0] != 0)
        return refuse(g, node, "attribute perm: the batch's dimension is to stay the first");
    if (!is_order(perm->ints, v.ndims))
        return refuse(g, node, "attribute perm: is no order of the dimensions");
    for (int k = 0; k < v.ndims; k++) {
        const int64_t p = perm->ints[k];
        to.dims[k] = v.dims[p];
        to.group[k] = v.group[p];
    }
    return add_view(g, node, to, from);
}

/* ---- places ---- */

size_t view_place(const struct incoming *g, const struct value *v, int c, int h, int w)
{
    const int at[AXES] = { c, h, w };
    const struct shape s = value_shape(g, v);
    size_t place = 0;
    for (int d = 1; d < v->ndims; d++)
        for (int k = 0; k < v->group[d].count; k++)
            place = place*(size_t)shape_side(s, v->group[d].axis[k])
                    + (size_t)at[v->group[d].axis[k]];
    return place;
}

/* Of the constant's values, the one that meets the value's at (c, h, w). */
static size_t constant_place(const struct value *v, struct shape s, const struct onnx_tensor *t,
                             const int *at)
{
    size_t place = 0;
    for (int k = 0; k < t->ndims; k++) {
        const int d = v->ndims - t->ndims + k;
        size_t index = 0;
        for (int a = 0; a < v->group[d].count; a++)
            index = index*(size_t)shape_side(s, v->group[d].axis[a])
                    + (size_t)at[v->group[d].axis[a]];
        place = place*(size_t)t->dims[k] + (t->dims[k] == 1 ? 0 : index);
    }
    return place;
}

double *view_constant(const struct incoming *g, int value, const struct onnx_tensor *t, size_t *per)
{
    const struct value *v = &g->value[value];
    const struct shape s = value_shape(g, v);
    bool pixels = false;
    if (t->ndims > v->ndims)
        return NULL;
    for (int k = 0; k < t->ndims; k++) {
        const int d = v->ndims - t->ndims + k;
        if (t->dims[k] == 1)
            continue;
        if (t->dims[k] != v->dims[d] || d == 0)
            return NULL;
        for (int a = 0; a < v->group[d].count; a++)
            pixels |= v->group[d].axis[a] != AXIS_C;
    }
    *per = pixels ? (size_t)s.h*(size_t)s.w : 1;
    double *values = alloc((size_t)s.c**per, sizeof *values), *to = values;
    for (int c = 0; c < s.c; c++)
        for (int h = 0; h < (pixels ? s.h : 1); h++)
            for (int w = 0; w < (pixels ? s.w : 1); w++) {
                const int at[AXES] = { c, h, w };
                *to++ = t->values[constant_place(v, s, t, at)];
            }
    return values;
}
