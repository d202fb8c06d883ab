/*
** dense.c - Gemm and MatMul by constants. Weights are brought into the order in which the layer
** before makes its values, so that no Flatten of a map with channels last moves any.
*/
#include "exchange/dense.h"

#include <string.h>

#include "exchange/attribute.h"
#include "exchange/pointwise.h"
#include "exchange/views.h"

/* Element (input, unit) of a constant of two dimensions. */
static double weight(const struct onnx_tensor *w, bool transposed, size_t input, size_t unit)
{
    return w->values[transposed ? unit*(size_t)w->dims[1] + input
                     : input*(size_t)w->dims[1] + unit];
}

static struct part *add_affine(struct incoming *g, enum layer_kind kind, int node, int from,
                               size_t units, size_t inputs)
{
    const struct onnx_node *n = &g->model->nodes[node];
    struct part *p = incoming_add_part(g, kind, node, from);
    p->l.filters = (int)units;
    p->l.kh = p->l.kw = kind == LAYER_CONV ? 1 : 0;
    p->l.pad_kind = PAD_NUMBER;
    if (kind == LAYER_AFFINE)
        p->l.out = (struct shape){ 1, 1, 1 };
    p->l.out.c = p->l.filters;
    p->hint[0] = n->inputs[1];
    p->hint[1] = n->name;
    p->count[0] = units*inputs;
    p->tensor[0] = alloc(units*inputs + 1, sizeof *p->tensor[0]);
    return p;
}

/* A matrix of `inputs` rows, or an error that says what it has. */
static bool units_of(struct incoming *g, int node, const struct onnx_tensor *w, bool transposed,
                     int64_t inputs, int64_t *units)
{
    *units = w->ndims == 2 ? w->dims[transposed ? 0 : 1] : 0;
    if (w->ndims == 2 && w->dims[transposed ? 1 : 0] == inputs && *units >= 1 && *units <= 65536)
        return true;
    if (*units > 65536)
        return refuse(g, node, "%lld units; 65536 are the most", (long long)*units);
    return refuse(g, node, "its constant of %d dimensions (%lldx%lld) does not multiply %lld "
                  "values", w->ndims, (long long)w->dims[0], (long long)w->dims[1],
                  (long long)inputs);
}

/* Rows by a matrix. */
static struct part *affine_rows(struct incoming *g, int node, int value,
                                const struct onnx_tensor *w, bool transposed)
{
    const int part = pointwise_part(g, value);
    int64_t units;
    if (part == PART_NONE)
        return NULL;
    const struct value v = g->value[value];
    if (!units_of(g, node, w, transposed, v.dims[v.ndims - 1], &units))
        return NULL;
    const struct shape s = part_shape(g, part);
    const size_t inputs = (size_t)v.dims[v.ndims - 1];
    struct part *p = add_affine(g, LAYER_AFFINE, node, part, (size_t)units, inputs);
    for (size_t u = 0, at = 0; u < (size_t)units; u++)
        for (int c = 0; c < s.c; c++)
            for (int h = 0; h < s.h; h++)
                for (int x = 0; x < s.w; x++)
                    p->tensor[0][at++] = weight(w, transposed, view_place(g, &v, c, h, x), u);
    return p;
}

/* An output like the value, of which the last dimension is the part's channels. */
static void add_output(struct incoming *g, int node, int value, int part)
{
    struct value out = g->value[value];
    const int last = out.ndims - 1, units = part_shape(g, part).c;
    out.dims[last] = units;
    out.group[last] = (struct group){ units > 1, { AXIS_C } };
    incoming_add_map(g, node, part, out);
}

/* One list of values, whatever the dimensions. */
static bool is_rows(const struct value *v)
{
    for (int d = 1; d < v->ndims - 1; d++)
        if (v->dims[d] != 1)
            return false;
    return v->ndims >= 2;
}

bool gemm(struct incoming *g, int node)
{
    const struct onnx_node *n = &g->model->nodes[node];
    const int value = incoming_value(g, n->inputs[0]);
    const struct onnx_tensor *w = node_constant(g, node, 1), *c = node_constant(g, node, 2);
    const double alpha = attribute_float(n, "alpha", 1), beta = attribute_float(n, "beta", 1);
    const bool transposed = attribute_int(n, "transB", 0);
    if (attribute_int(n, "transA", 0))
        return refuse(g, node, "attribute transA: 1; images are rows: 0 can be said");
    if (!w || (node_input(g, node, 2) && !c))
        return refuse(g, node, "its %s is computed from the images; a constant can be said",
                      w ? "bias" : "weight");
    if (g->value[value].ndims != 2)
        return refuse(g, node, "of %d dimensions; a Flatten before it would do",
                      g->value[value].ndims);
    struct part *p = affine_rows(g, node, value, w, transposed);
    if (!p)
        return false;
    for (size_t k = 0; k < p->count[0]; k++)
        p->tensor[0][k] *= alpha;
    if (c) {
        const size_t units = (size_t)p->l.filters;
        if ((c->count != 1 && c->count != units) || (c->ndims && c->dims[c->ndims - 1]
                                                     != (int64_t)c->count))
            return refuse(g, node, "its bias has %zu values, for %zu units", c->count, units);
        p->l.bias = true;
        p->hint[2] = n->inputs[2];
        p->count[1] = units;
        p->tensor[1] = alloc(units, sizeof *p->tensor[1]);
        for (size_t k = 0; k < units; k++)
            p->tensor[1][k] = beta*c->values[c->count == 1 ? 0 : k];
    }
    add_output(g, node, value, g->nparts - 1);
    return true;
}

/* Of a map with channels last each pixel is a row: a convolution of 1x1. */
static bool pixel_rows(struct incoming *g, int node, int value, const struct onnx_tensor *w)
{
    const int part = pointwise_part(g, value);
    int64_t units;
    if (part == PART_NONE)
        return false;
    const struct value v = g->value[value];
    const int last = v.ndims - 1;
    if (v.group[last].count != 1 || v.group[last].axis[0] != AXIS_C)
        return refuse(g, node, "multiplies rows or columns of a map; channels, the last dimension, "
                      "can be said");
    if (!units_of(g, node, w, false, v.dims[last], &units))
        return false;
    const size_t inputs = (size_t)v.dims[last];
    struct part *p = add_affine(g, LAYER_CONV, node, part, (size_t)units, inputs);
    for (size_t u = 0, at = 0; u < (size_t)units; u++)
        for (size_t k = 0; k < inputs; k++)
            p->tensor[0][at++] = weight(w, false, k, u);
    add_output(g, node, value, g->nparts - 1);
    return true;
}

bool matrix_product(struct incoming *g, int node)
{
    const struct onnx_node *n = &g->model->nodes[node];
    const int value = incoming_value(g, n->inputs[0]);
    const struct onnx_tensor *w = node_constant(g, node, 1);
    if (!w || g->value[value].kind == VALUE_CONSTANT)
        return refuse(g, node, "multiplies %s; a constant after the values can be said (attention "
                      "is no layer here)", w ? "a constant by the images" : "what is computed of "
                      "the images by what is");
    if (!is_rows(&g->value[value]))
        return pixel_rows(g, node, value, w);
    if (!affine_rows(g, node, value, w, false))
        return false;
    add_output(g, node, value, g->nparts - 1);
    return true;
}
