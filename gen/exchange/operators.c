/*
** operators.c - what becomes of each node. A row of the table is all that an operator needs: its
** name, the attributes that it understands, its function. It must never pass over an attribute: one
** that no row knows is refused.
*/
#include "exchange/operators.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "exchange/attribute.h"
#include "exchange/dense.h"
#include "exchange/fold.h"
#include "exchange/merge.h"
#include "exchange/norms.h"
#include "exchange/pointwise.h"
#include "exchange/pools.h"
#include "exchange/sides.h"
#include "exchange/views.h"
#include "exchange/windows.h"

/* ---- arithmetic ---- */

/* x*a + b of a map and constants, one a channel or (of the images) one a value. */
static bool by_constants(struct incoming *g, int node, int value, const struct onnx_tensor *t,
                         bool reversed)
{
    const char *op = g->model->nodes[node].op;
    const int from = pointwise_part(g, value);
    size_t per;
    double *x = from == PART_NONE ? NULL : view_constant(g, value, t, &per);
    if (from == PART_NONE)
        return false;
    if (!x)
        return refuse(g, node, "a constant of %d dimensions does not fit what comes in, %s",
                      t->ndims, dims_text(&g->value[value]).text);
    const size_t c = (size_t)part_shape(g, from).c;
    double *a = alloc(c, sizeof *a), *b = alloc(c*per, sizeof *b);
    const bool times = !strcmp(op, "Mul") || !strcmp(op, "Div");
    if (times && (per > 1 || (reversed && *op == 'D')))
        return refuse(g, node, per > 1 ? "a factor of its own for each pixel; one a channel can be "
                      "said" : "divides constants by the images");
    for (size_t k = 0; k < c; k++)
        a[k] = *op == 'M' ? x[k] : *op == 'D' ? 1/x[k] : *op == 'S' && reversed ? -1 : 1;
    for (size_t k = 0; k < c*per && !times; k++)
        b[k] = *op == 'S' && !reversed ? -x[k] : x[k];
    free(x);
    const int part = pointwise_affine(g, node, value, a, b, per);
    if (part == PART_NONE)
        return false;
    if (part >= 0 && !g->part[part].hint[2])        /* a bias, as MatMul + Add has it */
        g->part[part].hint[2] = t->name;
    add_like(g, node, value, part);
    return true;
}

/* Values of one shape that are views of maps of several: as maps of that shape. */
static void view_alike(struct incoming *g, int node, struct branch_end *a, struct branch_end *b)
{
    const struct value *x = &g->value[a->value], *y = &g->value[b->value];
    const struct shape s = part_shape(g, a->part), t = part_shape(g, b->part);
    if (x->ndims != y->ndims || memcmp(x->dims, y->dims, (size_t)x->ndims*sizeof *x->dims)
        || (same_groups(x, y) && s.c == t.c && s.h == t.h && s.w == t.w))
        return;
    a->part = view_map(g, node, a->value);
    b->part = a->part == PART_NONE ? PART_NONE : view_map(g, node, b->value);
}

/* Two maps, or more of a Sum. */
static bool meet_all(struct incoming *g, int node)
{
    const struct onnx_node *n = &g->model->nodes[node];
    const bool product = !strcmp(n->op, "Mul");
    struct branch_end sum = { first_input(g, node), PART_NONE };
    if (!product && strcmp(n->op, "Add") && strcmp(n->op, "Sum"))
        return refuse(g, node, "of two maps; Add and Mul can be said");
    sum.part = pointwise_part(g, sum.value);
    for (int k = 1; k < n->ninputs; k++) {
        struct branch_end other = { incoming_value(g, n->inputs[k]), PART_NONE };
        if (g->value[other.value].kind == VALUE_CONSTANT)
            return refuse(g, node, "of maps and a constant; an Add of two can be said");
        other.part = pointwise_part(g, other.value);
        if (sum.part != PART_NONE && other.part != PART_NONE && n->ninputs == 2)
            view_alike(g, node, &sum, &other);
        sum.part = merge_two(g, node, product ? LAYER_PRODUCT : LAYER_ADD, &sum, &other);
        if (sum.part == PART_NONE)
            return false;
    }
    add_like(g, node, sum.value, sum.part);
    return true;
}

static bool pointwise(struct incoming *g, int node)
{
    const struct onnx_node *n = &g->model->nodes[node];
    if (pointwise_node(g, node))
        return true;
    int constant = -1, maps = 0;
    for (int k = 0; k < n->ninputs; k++) {
        const struct value *v = node_input(g, node, k);
        if (v && v->kind == VALUE_UNKNOWN)
            return false;
        if (v && v->kind == VALUE_CONSTANT)
            constant = k;
        else
            maps++;
    }
    const bool four = !strcmp(n->op, "Add") || !strcmp(n->op, "Sub") || !strcmp(n->op, "Mul")
                      || !strcmp(n->op, "Div");
    if (constant < 0 && n->ninputs > 1)
        return meet_all(g, node);
    if (!four || constant < 0 || maps != 1)
        return refuse(g, node, "its constants have several values; single ones can be said");
    return by_constants(g, node, incoming_value(g, n->inputs[!constant]),
                        node_constant(g, node, constant), constant == 0);
}

/* ---- shapes ---- */

static bool reshape(struct incoming *g, int node)
{
    int64_t dims[ONNX_DIMS];
    const int n = fold_reshaped(g, node, dims);
    return n >= 0 && view_reshape(g, node, n, dims);
}

static bool cast(struct incoming *g, int node)
{
    const int64_t to = cast_type(g, node);
    if (to != ONNX_F32 && to != ONNX_F64 && to != ONNX_F16 && to != ONNX_BF16)
        return refuse(g, node, "attribute to: %s; values are reals here",
                      onnx_type_name((int)to));
    return view_same(g, node);
}

/* One that takes everything, or what a deconv is to make. */
static bool slice(struct incoming *g, int node)
{
    int64_t start[ONNX_DIMS], end[ONNX_DIMS], axes[ONNX_DIMS], steps[ONNX_DIMS];
    const int value = first_input(g, node);
    const int n = node_ints(g, node, "starts", 1, start, ONNX_DIMS);
    const int nend = node_ints(g, node, "ends", 2, end, ONNX_DIMS);
    const int naxes = node_ints(g, node, "axes", 3, axes, ONNX_DIMS);
    const int nsteps = node_ints(g, node, "", 4, steps, ONNX_DIMS);
    bool good = n >= 0 && nend == n && (naxes == n || naxes == -1);
    for (int k = 0; k < n && good; k++) {
        int at;
        good = axis_of(naxes == n ? axes[k] : k, g->value[value].ndims, &at)
               && (nsteps != n || steps[k] == 1);
        const int64_t size = good ? g->value[value].dims[at] : 0;
        const int64_t from = start[k] < 0 ? start[k] + size : start[k];
        const int64_t to = end[k] < 0 ? end[k] + size : end[k] > size ? size : end[k];
        good = good && ((from == 0 && to == size) || cut_deconv(g, value, at, from, to));
    }
    return good ? view_same(g, node)
           : refuse(g, node, "takes a part of a map; there is no layer for that here: a "
                    "convolution with stride, or with fewer filters, would do");
}

/* Only a Mul may read it, which would repeat the values itself. */
static bool expand(struct incoming *g, int node)
{
    int64_t dims[ONNX_DIMS];
    const struct value *v = node_input(g, node, 0);
    const int n = node_ints(g, node, "", 1, dims, ONNX_DIMS);
    bool same = n >= 0 && n <= v->ndims;
    for (int k = 0; k < n && same; k++)
        same = dims[k] == 1 || dims[k] == v->dims[v->ndims - n + k];
    if (!same && (n < 0 || n != v->ndims))
        return refuse(g, node, "its shape is no constant, or has other dimensions than come in");
    if (!view_same(g, node))
        return false;
    g->value[g->nvalues - 1].repeated = !same;
    return true;
}

/* Is the value of the shape that the Expand before the other one makes? */
static bool expanded_to(const struct incoming *g, const struct value *repeated,
                        const struct value *v)
{
    int64_t dims[ONNX_DIMS];
    const int n = node_ints(g, repeated->node, "", 1, dims, ONNX_DIMS);
    for (int k = 0; k < n; k++)
        if (dims[k] != v->dims[k] && !(dims[k] == 1 && v->dims[k] == repeated->dims[k]))
            return false;
    return n == v->ndims && !v->repeated;
}

static bool meet_all(struct incoming *g, int node);

/* FOLDED: an input is an Expand's, and the node was dealt with: made, or refused. */
static enum folded with_expanded(struct incoming *g, int node)
{
    const struct onnx_node *n = &g->model->nodes[node];
    for (int k = 0; k < n->ninputs; k++) {
        const struct value *v = node_input(g, node, k), *other = node_input(g, node, !k);
        if (!v || !v->repeated)
            continue;
        if (strcmp(n->op, "Mul") || !other || other->kind == VALUE_CONSTANT
            || !expanded_to(g, v, other))
            refuse(g, v->node, "repeats values; only a Mul of a map by them can be said");
        else
            meet_all(g, node);
        return FOLDED;
    }
    return FOLD_NOTHING;
}

/* ---- channels beside each other ---- */

static bool concat(struct incoming *g, int node)
{
    const struct onnx_node *n = &g->model->nodes[node];
    const int first = first_input(g, node);
    int axis, *from = alloc((size_t)n->ninputs, sizeof *from);
    int64_t channels = 0;
    if (!axis_of(attribute_int(n, "axis", 1), g->value[first].ndims, &axis))
        return refuse(g, node, "attribute axis: there is no such dimension");
    if (n->ninputs == 1)
        return view_same(g, node);
    for (int k = 0; k < n->ninputs; k++) {
        const int value = incoming_value(g, n->inputs[k]);
        if (g->value[value].kind == VALUE_CONSTANT)
            return refuse(g, node, "joins a constant to a map; maps can be said");
        const bool row = g->value[value].ndims == 2;
        from[k] = row ? view_map(g, node, value) : pointwise_part(g, value);
        if (from[k] == PART_NONE)
            return false;
        const struct value *v = &g->value[value], *a = &g->value[first];
        bool good = v->ndims == a->ndims && axis > 0;
        for (int d = 1; d < v->ndims && good; d++)
            good = d == axis ? row || view_is_axis(g, v, d, AXIS_C)
                   : v->dims[d] == a->dims[d] && v->group[d].count == a->group[d].count
                     && (!v->group[d].count || v->group[d].axis[0] == a->group[d].axis[0]);
        if (!good)
            return refuse(g, node, "attribute axis: %d, of %s and %s; channels of maps of one size "
                          "can be joined", axis, dims_text(a).text, dims_text(v).text);
        channels += v->dims[axis];
    }
    if (channels > INPUT_SIDE)
        return refuse(g, node, "joins %lld channels", (long long)channels);
    struct part *p = incoming_add_part(g, LAYER_JOIN, node, from[0]);
    p->more = from;
    p->nfrom = n->ninputs;
    p->l.out.c = (int)channels;
    struct value v = g->value[first];
    v.dims[axis] = channels;
    v.group[axis] = (struct group){ 1, { AXIS_C } };
    incoming_add_map(g, node, g->nparts - 1, v);
    return true;
}

/* ---- the end ---- */

/* Over an image's scores, one a class: then the loss stands for it. */
static bool softmax(struct incoming *g, int node)
{
    const struct onnx_node *n = &g->model->nodes[node];
    const int value = first_input(g, node), part = pointwise_part(g, value);
    const bool old = g->model->opset < 13;
    int axis = 0;
    if (part == PART_NONE)
        return false;
    const struct value v = g->value[value];
    if (!axis_of(attribute_int(n, "axis", old ? 1 : -1), v.ndims, &axis) || axis == 0)
        return refuse(g, node, "attribute axis: over the batch");
    int64_t over = old ? 1 : v.dims[axis], all = 1;
    for (int d = 1; d < v.ndims; d++) {
        all *= v.dims[d];
        over *= old && d >= axis ? v.dims[d] : 1;
    }
    if (over != all)
        return refuse(g, node, "attribute axis: of %s; over all scores of an image can be said",
                      dims_text(&v).text);
    g->softmax = g->nvalues;
    g->log = !strcmp(n->op, "LogSoftmax");
    return view_same(g, node);
}

/* ---- the table ---- */

static const struct operator_def {
    const char *op, *attributes;
    bool (*run)(struct incoming *, int);
    const char *advice;         /* run NULL: what would do */
} defs[] = {
    { "Conv", "auto_pad dilations group kernel_shape pads strides", convolution, NULL },
    { "ConvTranspose", "auto_pad dilations group kernel_shape output_padding output_shape pads "
      "strides", transposed_convolution, NULL },
    { "MaxPool", "auto_pad ceil_mode dilations kernel_shape pads storage_order strides", pool,
      NULL },
    { "AveragePool", "auto_pad ceil_mode count_include_pad dilations kernel_shape pads strides",
      pool, NULL },
    { "GlobalAveragePool", "", global_pool, NULL },
    { "GlobalMaxPool", "", global_pool, NULL },
    { "ReduceMean", "axes keepdims noop_with_empty_axes", global_pool, NULL },
    { "ReduceMax", "axes keepdims noop_with_empty_axes", global_pool, NULL },
    { "BatchNormalization", "epsilon momentum spatial training_mode", batch_norm, NULL },
    { "PRelu", "", prelu, NULL },
    { "Dropout", "ratio seed", dropout, NULL },
    { "Gemm", "alpha beta transA transB", gemm, NULL },
    { "MatMul", "", matrix_product, NULL },
    { "Concat", "axis", concat, NULL },
    { "Flatten", "axis", reshape, NULL },
    { "Reshape", "shape allowzero", reshape, NULL },
    { "Squeeze", "axes", reshape, NULL },
    { "Unsqueeze", "axes", reshape, NULL },
    { "Transpose", "perm", view_transpose, NULL },
    { "Identity", "", view_same, NULL },
    { "Cast", "to saturate", cast, NULL },
    { "CastLike", "saturate", cast, NULL },
    { "Slice", "starts ends axes", slice, NULL },
    { "Expand", "", expand, NULL },
    { "Pad", "mode pads value", pad, NULL },
    { "Resize", "antialias axes coordinate_transformation_mode cubic_coeff_a exclude_outside "
      "extrapolation_value keep_aspect_ratio_policy mode nearest_mode scales", resize, NULL },
    { "Upsample", "mode scales height_scale width_scale", resize, NULL },
    { "Softmax", "axis", softmax, NULL },
    { "LogSoftmax", "axis", softmax, NULL },
    { "Split", NULL, NULL, "two convolutions of the whole map, with half of the filters each, "
      "would do" },
    { "LayerNormalization", NULL, NULL, "batchnorm is the norm here: train with that" },
    { "InstanceNormalization", NULL, NULL, "batchnorm is the norm here: train with that" },
    { "GroupNormalization", NULL, NULL, "batchnorm is the norm here: train with that" },
    { "LRN", NULL, NULL, "batchnorm is the norm here: train with that" },
    { "DepthToSpace", NULL, NULL, "a ConvTranspose or a Resize makes maps larger here" },
    { "QuantizeLinear", NULL, NULL, "export the model before it is quantised; weights alone may be "
      "(DequantizeLinear)" },
    { "DequantizeLinear", NULL, NULL, "of constants it can be read, of values not: export the "
      "model before it is quantised" },
};

/* Inputs that an operator needs, where it is not one. */
static const struct { const char *op; int inputs; } needs[] = {
    { "Constant", 0 }, { "Conv", 2 }, { "ConvTranspose", 2 }, { "BatchNormalization", 5 },
    { "PRelu", 2 }, { "Gemm", 2 }, { "MatMul", 2 }, { "Expand", 2 }, { "Gather", 2 },
    { "DequantizeLinear", 2 }, { "Range", 3 }, { "Add", 2 }, { "Sub", 2 }, { "Mul", 2 },
    { "Div", 2 }, { "Pow", 2 }, { "Mod", 2 }, { "Equal", 2 }, { "Less", 2 }, { "Greater", 2 },
    { "And", 2 }, { "Or", 2 }, { "Where", 3 },
};

/* Inputs that may not be left out are there, and an output. */
static bool has_inputs(struct incoming *g, int node)
{
    const struct onnx_node *n = &g->model->nodes[node];
    int needed = 1;
    for (size_t k = 0; k < sizeof needs / sizeof *needs; k++)
        if (!strcmp(needs[k].op, n->op))
            needed = needs[k].inputs;
    /* Of those whose inputs are all alike none may be left out. */
    const bool alike = !strcmp(n->op, "Concat") || !strcmp(n->op, "Sum") || !strcmp(n->op, "Max")
                       || !strcmp(n->op, "Min") || !strcmp(n->op, "Mean");
    for (int k = 0; k < (alike ? n->ninputs : needed); k++)
        if (k >= n->ninputs || !*n->inputs[k])
            return refuse(g, node, "its input %d is missing", k);
    return (needed <= n->ninputs && n->noutputs > 0 && *n->outputs[0])
           || refuse(g, node, "has not as many inputs and outputs as it needs");
}

static const struct operator_def *find(const char *op)
{
    for (size_t k = 0; k < sizeof defs / sizeof *defs; k++)
        if (!strcmp(defs[k].op, op))
            return &defs[k];
    return NULL;
}

static bool attributes_known(struct incoming *g, int node, const char *known)
{
    const struct onnx_node *n = &g->model->nodes[node];
    bool good = true;
    for (int k = 0; k < n->nattributes; k++)
        if (!lists_word(known, n->attributes[k].name))
            good = refuse(g, node, "attribute %s: is not known here%s%s", n->attributes[k].name,
                          *known ? "; it may have " : "", known);
    return good;
}

/* Nothing that it reads was refused: else it is not its own fault. */
static bool inputs_known(const struct incoming *g, int node)
{
    const struct onnx_node *n = &g->model->nodes[node];
    for (int k = 0; k < n->ninputs; k++) {
        const struct value *v = node_input(g, node, k);
        if (*n->inputs[k] && (!v || v->kind == VALUE_UNKNOWN))
            return false;
    }
    return true;
}

static void unknown_outputs(struct incoming *g, int node)
{
    const struct onnx_node *n = &g->model->nodes[node];
    for (int k = 0; k < n->noutputs; k++)
        if (incoming_value(g, n->outputs[k]) < 0)
            incoming_add_value(g, n->outputs[k],
                               (struct value){ .kind = VALUE_UNKNOWN, .node = node, .via = -1 });
}

static bool run_node(struct incoming *g, int node)
{
    const struct onnx_node *n = &g->model->nodes[node];
    const struct pointwise_def *p = pointwise_find(n->op);
    const struct operator_def *def = find(n->op);
    if (*n->domain)
        return refuse(g, node, "of the domain %s; ONNX's own operators can be read", n->domain);
    if ((p || def || folds(n->op)) && !has_inputs(g, node))
        return false;
    if (fold_node(g, node) == FOLDED)
        return true;
    if (!p && (!def || !def->run))
        return refuse(g, node, "there is no layer for this operator%s%s", def ? ": " : "; "
                      "docs/exchange.md lists those that there are", def ? def->advice : "");
    if (!attributes_known(g, node, p ? p->attributes : def->attributes) || !inputs_known(g, node))
        return false;
    if (with_expanded(g, node) == FOLDED)
        return true;
    return p ? pointwise(g, node) : def->run(g, node);
}

/* What a node made is as if it had been refused: what follows from it says nothing more. */
static void forget_outputs(struct incoming *g, int node)
{
    const struct onnx_node *n = &g->model->nodes[node];
    for (int k = 0; k < n->noutputs; k++) {
        const int value = incoming_value(g, n->outputs[k]);
        if (value >= 0)
            g->value[value].kind = VALUE_UNKNOWN;
    }
}

bool operators_read(struct incoming *g)
{
    for (int k = 0; k < g->model->nnodes; k++) {
        const int parts = g->nparts;
        run_node(g, k);
        unknown_outputs(g, k);
        for (int i = parts; i < g->nparts; i++) {
            const struct shape s = g->part[i].l.out;
            if (s.h > INPUT_SIDE || s.w > INPUT_SIDE || s.c > INPUT_SIDE) {
                refuse(g, k, "makes a map with a side of more than %d", INPUT_SIDE);
                forget_outputs(g, k);
            }
        }
        if (g->nparts > PARTS_MOST)
            return refuse(g, k, "more than %d layers", PARTS_MOST);
    }
    incoming_check_tensors(g);
    return !g->refused;
}
