/*
** fold.c - nodes whose results are known before any image is: x.view(x.size(0), -1) is Shape,
** Gather, Unsqueeze and Concat before a Reshape. The batch's size is a number as any other here
** (incoming.h). It must never make more values than incoming_tensor allows.
*/
#include "exchange/fold.h"

#include <math.h>
#include <string.h>

#include "exchange/attribute.h"
#include "exchange/fold_math.h"

enum { AXES_MOST = ONNX_DIMS };

static enum folded keep(struct incoming *g, int node, const struct onnx_tensor *t)
{
    const char *name = g->model->nodes[node].outputs[0];
    struct value v = { .kind = t ? VALUE_CONSTANT : VALUE_UNKNOWN, .constant = t, .node = node,
                       .via = -1 };
    if (t) {
        v.ndims = t->ndims;
        memcpy(v.dims, t->dims, sizeof v.dims);
    }
    incoming_add_value(g, name, v);
    return FOLDED;
}

static enum folded bad(struct incoming *g, int node, const char *what)
{
    refuse(g, node, "%s", what);
    return keep(g, node, NULL);
}

/* ---- shapes ---- */

/* Squeeze's and Unsqueeze's axes, as bits. */
static bool axes_bits(struct incoming *g, int node, int ndims, unsigned *bits)
{
    int64_t axis[AXES_MOST];
    int at;
    const int n = node_ints(g, node, "axes", 1, axis, AXES_MOST);
    *bits = 0;
    for (int k = 0; k < n; k++) {
        if (!axis_of(axis[k], ndims, &at))
            return refuse(g, node, "attribute axes: %lld of %d dimensions", (long long)axis[k],
                          ndims);
        *bits |= 1u << at;
    }
    return n >= 0 || (n == -1 && !strcmp(g->model->nodes[node].op, "Squeeze"))
           || refuse(g, node, "attribute axes: is no constant");
}

static int squeezed(struct incoming *g, int node, const struct value *v, int64_t *dims)
{
    unsigned bits;
    int n = 0;
    if (!axes_bits(g, node, v->ndims, &bits))
        return -1;
    for (int k = 0; k < v->ndims; k++)
        if (bits ? !(bits & 1u << k) : v->dims[k] != 1)
            dims[n++] = v->dims[k];
        else if (v->dims[k] != 1)
            return refuse(g, node, "attribute axes: dimension %d is %lld, not 1", k,
                          (long long)v->dims[k]) - 1;
    return n;
}

static int unsqueezed(struct incoming *g, int node, const struct value *v, int64_t *dims)
{
    int64_t axis[AXES_MOST];
    unsigned bits;
    const int more = node_ints(g, node, "axes", 1, axis, AXES_MOST), n = v->ndims + more;
    if (more < 0 || n > ONNX_DIMS)
        return refuse(g, node, "attribute axes: %s", more < 0 ? "is no constant"
                      : "more than 8 dimensions") - 1;
    if (!axes_bits(g, node, n, &bits))
        return -1;
    for (int k = 0, from = 0; k < n; k++)
        dims[k] = bits & 1u << k ? 1 : from < v->ndims ? v->dims[from++] : 1;
    return n;
}

static int64_t product(const int64_t *dims, int n)
{
    int64_t all = 1;
    for (int k = 0; k < n; k++)
        if (__builtin_mul_overflow(all, dims[k], &all))
            return -1;
    return all;
}

static int flattened(struct incoming *g, int node, const struct value *v, int64_t *dims)
{
    int axis;
    const int64_t said = attribute_int(&g->model->nodes[node], "axis", 1);
    if (said == v->ndims)
        axis = v->ndims;
    else if (!axis_of(said, v->ndims, &axis))
        return refuse(g, node, "attribute axis: %lld of %d dimensions", (long long)said,
                      v->ndims) - 1;
    dims[0] = product(v->dims, axis);
    dims[1] = product(v->dims + axis, v->ndims - axis);
    return 2;
}

static int to_shape(struct incoming *g, int node, const struct value *v, int64_t *dims)
{
    const int n = node_ints(g, node, "shape", 1, dims, ONNX_DIMS);
    const bool zeros = attribute_int(&g->model->nodes[node], "allowzero", 0);
    int open = -1;
    if (n < 0)
        return refuse(g, node, "its shape is %s; export the model with images of a fixed size",
                      node_constant(g, node, 1) ? "of more than 8 dimensions" : "no constant") - 1;
    for (int k = 0; k < n; k++) {
        if (dims[k] == 0 && !zeros && k < v->ndims)
            dims[k] = v->dims[k];
        if (dims[k] == -1) {
            if (open >= 0)
                return refuse(g, node, "its shape has two sizes of -1") - 1;
            open = k;
        }
    }
    const int64_t all = product(v->dims, v->ndims);
    if (open >= 0) {
        dims[open] = 1;
        const int64_t rest = product(dims, n);
        dims[open] = rest > 0 ? all/rest : 0;
    }
    return product(dims, n) == all ? n
           : refuse(g, node, "its shape has not as many values as come in") - 1;
}

int fold_reshaped(struct incoming *g, int node, int64_t *dims)
{
    static const struct {
        const char *op;
        int (*shape)(struct incoming *, int, const struct value *, int64_t *);
    } ops[] = { { "Squeeze", squeezed }, { "Unsqueeze", unsqueezed }, { "Flatten", flattened },
                { "Reshape", to_shape } };
    const struct value v = *node_input(g, node, 0);
    for (size_t k = 0; k < sizeof ops / sizeof *ops; k++)
        if (!strcmp(ops[k].op, g->model->nodes[node].op))
            return ops[k].shape(g, node, &v, dims);
    DIE("%s gives no shape", g->model->nodes[node].op);
}

static enum folded fold_shape(struct incoming *g, int node)
{
    const struct onnx_node *n = &g->model->nodes[node];
    const struct value v = *node_input(g, node, 0);
    const bool size = !strcmp(n->op, "Size");
    int64_t from = attribute_int(n, "start", 0), to = attribute_int(n, "end", v.ndims);
    from = from < 0 ? from + v.ndims : from;
    to = to < 0 ? to + v.ndims : to > v.ndims ? v.ndims : to;
    from = from < 0 ? 0 : from;
    const int64_t dims[] = { to > from ? to - from : 0 };
    struct onnx_tensor *t = incoming_tensor(g, node, ONNX_I64, size ? 0 : 1, dims);
    if (t && size)
        t->values[0] = (double)product(v.dims, v.ndims);
    for (int64_t k = from; t && !size && k < to; k++)
        t->values[k - from] = (double)v.dims[k];
    return keep(g, node, t);
}

/* ---- values ---- */

static enum folded fold_constant(struct incoming *g, int node)
{
    const struct onnx_node *n = &g->model->nodes[node];
    const struct onnx_attribute *a = n->nattributes ? &n->attributes[0] : NULL;
    if (a && a->type == ONNX_TENSOR && a->t)
        return keep(g, node, a->t);
    const int64_t count = !a ? 0 : a->type == ONNX_FLOATS ? a->nfloats
                          : a->type == ONNX_INTS ? a->nints : 1;
    const bool list = a && (a->type == ONNX_FLOATS || a->type == ONNX_INTS);
    const bool reals = a && (a->type == ONNX_FLOATS || a->type == ONNX_FLOAT);
    if (!a || !(list || reals || a->type == ONNX_INT))
        return bad(g, node, "its value is neither numbers nor a dense tensor of them");
    struct onnx_tensor *t = incoming_tensor(g, node, reals ? ONNX_F32 : ONNX_I64, list, &count);
    for (int64_t k = 0; t && k < count; k++)
        t->values[k] = reals ? (double)(list ? a->floats[k] : a->f)
                       : (double)(list ? a->ints[k] : a->i);
    return keep(g, node, t);
}

static enum folded fold_filled(struct incoming *g, int node)
{
    int64_t dims[ONNX_DIMS];
    const struct onnx_attribute *a = attribute(&g->model->nodes[node], "value");
    const int n = node_ints(g, node, "", 0, dims, ONNX_DIMS);
    if (n < 0)
        return bad(g, node, "its shape is no constant of up to 8 sizes");
    const bool given = a && a->t && a->t->count == 1;
    struct onnx_tensor *t = incoming_tensor(g, node, given ? a->t->type : ONNX_F32, n, dims);
    for (size_t k = 0; t && k < t->count; k++)
        t->values[k] = given ? a->t->values[0] : 0;
    return keep(g, node, t);
}

int64_t cast_type(const struct incoming *g, int node)
{
    const struct onnx_node *n = &g->model->nodes[node];
    const struct onnx_tensor *like = node_constant(g, node, 1);
    if (strcmp(n->op, "CastLike"))
        return attribute_int(n, "to", ONNX_F32);
    return like ? (int64_t)like->type : g->model->inputs[0].type;   /* maps are of the input's */
}

static enum folded fold_same(struct incoming *g, int node)
{
    const struct onnx_node *n = &g->model->nodes[node];
    const struct onnx_tensor *from = node_constant(g, node, 0);
    if (strncmp(n->op, "Cast", 4))
        return keep(g, node, from);
    struct onnx_tensor *t = incoming_tensor(g, node, from->type, from->ndims, from->dims);
    if (!t)
        return keep(g, node, NULL);
    t->type = (enum onnx_type)cast_type(g, node);
    for (size_t k = 0; k < t->count; k++)
        t->values[k] = t->type == ONNX_BOOL ? from->values[k] != 0
                       : is_whole(t->type) ? trunc(from->values[k])
                       : t->type == ONNX_F32 ? (double)(float)from->values[k] : from->values[k];
    return keep(g, node, t);
}

static enum folded fold_reshape(struct incoming *g, int node)
{
    int64_t dims[ONNX_DIMS];
    const struct onnx_tensor *from = node_constant(g, node, 0);
    const int n = fold_reshaped(g, node, dims);
    struct onnx_tensor *t = n < 0 ? NULL : alloc(1, sizeof *t);
    if (t) {
        *t = *from;
        t->ndims = n;
        memcpy(t->dims, dims, sizeof dims);
    }
    return keep(g, node, t);
}

/* Values between neighbours of each dimension. */
static void steps_of(const struct onnx_tensor *t, size_t *step)
{
    size_t all = 1;
    for (int k = t->ndims - 1; k >= 0; k--) {
        step[k] = all;
        all *= (size_t)t->dims[k];
    }
}

/* to's values from from's: along each dimension of `to`, so many values further on. */
static void walk(struct onnx_tensor *to, const double *from, const ptrdiff_t *step)
{
    int64_t at[ONNX_DIMS] = { 0 };
    ptrdiff_t place = 0;
    for (size_t k = 0; k < to->count; k++) {
        to->values[k] = from[place];
        for (int d = to->ndims - 1; d >= 0; d--) {
            place += step[d];
            if (++at[d] < to->dims[d])
                break;
            place -= step[d]*(ptrdiff_t)to->dims[d];
            at[d] = 0;
        }
    }
}

static enum folded fold_transpose(struct incoming *g, int node)
{
    const struct onnx_tensor *from = node_constant(g, node, 0);
    const struct onnx_attribute *perm = attribute(&g->model->nodes[node], "perm");
    size_t was[ONNX_DIMS];
    ptrdiff_t step[ONNX_DIMS];
    int64_t dims[ONNX_DIMS];
    if (perm && (perm->nints != from->ndims || !is_order(perm->ints, perm->nints)))
        return bad(g, node, "attribute perm: is no order of the dimensions");
    steps_of(from, was);
    for (int k = 0; k < from->ndims; k++) {
        const int64_t p = perm ? perm->ints[k] : from->ndims - 1 - k;
        dims[k] = from->dims[p];
        step[k] = (ptrdiff_t)was[p];
    }
    struct onnx_tensor *t = incoming_tensor(g, node, from->type, from->ndims, dims);
    if (t)
        walk(t, from->values, step);
    return keep(g, node, t);
}

static enum folded fold_expand(struct incoming *g, int node)
{
    const struct onnx_tensor *from = node_constant(g, node, 0);
    int64_t dims[ONNX_DIMS];
    size_t was[ONNX_DIMS];
    ptrdiff_t step[ONNX_DIMS] = { 0 };
    int n = node_ints(g, node, "", 1, dims, ONNX_DIMS);
    if (n < from->ndims)
        return bad(g, node, "its shape is no constant, or has fewer dimensions than come in");
    steps_of(from, was);
    for (int k = 0; k < from->ndims; k++) {
        int64_t *to = &dims[n - from->ndims + k];
        if (*to != from->dims[k] && *to != 1 && from->dims[k] != 1)
            return bad(g, node, "its shape does not fit the one that comes in");
        *to = *to == 1 ? from->dims[k] : *to;
        step[n - from->ndims + k] = from->dims[k] == 1 ? 0 : (ptrdiff_t)was[k];
    }
    struct onnx_tensor *t = incoming_tensor(g, node, from->type, n, dims);
    if (t && from->count)
        walk(t, from->values, step);
    return keep(g, node, t);
}

static enum folded fold_gather(struct incoming *g, int node)
{
    const struct onnx_tensor *from = node_constant(g, node, 0), *index = node_constant(g, node, 1);
    int axis, n = 0;
    int64_t dims[2*ONNX_DIMS];
    if (!axis_of(attribute_int(&g->model->nodes[node], "axis", 0), from->ndims, &axis)
        || from->ndims + index->ndims - 1 > ONNX_DIMS)
        return bad(g, node, "attribute axis: there is no such dimension");
    for (int k = 0; k < axis; k++)
        dims[n++] = from->dims[k];
    for (int k = 0; k < index->ndims; k++)
        dims[n++] = index->dims[k];
    for (int k = axis + 1; k < from->ndims; k++)
        dims[n++] = from->dims[k];
    const size_t inner = (size_t)product(from->dims + axis + 1, from->ndims - axis - 1);
    const size_t outer = (size_t)product(from->dims, axis), size = (size_t)from->dims[axis];
    struct onnx_tensor *t = incoming_tensor(g, node, from->type, n, dims);
    for (size_t o = 0; t && o < outer; o++)
        for (size_t i = 0; i < index->count; i++) {
            double at = index->values[i] < 0 ? index->values[i] + (double)size : index->values[i];
            if (!(at >= 0 && at < (double)size))
                return bad(g, node, "an index is beyond the dimension");
            memcpy(t->values + (o*index->count + i)*inner,
                   from->values + (o*size + (size_t)at)*inner, inner*sizeof *t->values);
        }
    return keep(g, node, t);
}

static int64_t clamp(int64_t x, int64_t low, int64_t high)
{
    return x < low ? low : x > high ? high : x;
}

static enum folded fold_slice(struct incoming *g, int node)
{
    const struct onnx_tensor *from = node_constant(g, node, 0);
    int64_t start[ONNX_DIMS], end[ONNX_DIMS], axes[ONNX_DIMS], steps[ONNX_DIMS], dims[ONNX_DIMS];
    size_t was[ONNX_DIMS], first = 0;
    ptrdiff_t step[ONNX_DIMS];
    const int n = node_ints(g, node, "starts", 1, start, ONNX_DIMS);
    const int nend = node_ints(g, node, "ends", 2, end, ONNX_DIMS);
    const int naxes = node_ints(g, node, "axes", 3, axes, ONNX_DIMS);
    const int nsteps = node_ints(g, node, "", 4, steps, ONNX_DIMS);
    if (n < 0 || nend != n || (naxes != n && naxes != -1) || (nsteps != n && nsteps != -1))
        return bad(g, node, "starts, ends, axes or steps are no constants of one length");
    steps_of(from, was);
    for (int k = 0; k < from->ndims; k++) {
        dims[k] = from->dims[k];
        step[k] = (ptrdiff_t)was[k];
    }
    for (int k = 0; k < n; k++) {
        int at;
        const int64_t by = nsteps == n ? steps[k] : 1;
        if (!axis_of(naxes == n ? axes[k] : k, from->ndims, &at) || by == 0 || by == INT64_MIN)
            return bad(g, node, "axes or steps are none that a slice may have");
        const int64_t size = from->dims[at], low = by > 0 ? 0 : -1, high = by > 0 ? size : size - 1;
        const int64_t a = clamp(start[k] < 0 ? start[k] + size : start[k], by > 0 ? 0 : 0,
                                by > 0 ? size : size - 1);
        const int64_t b = clamp(end[k] < 0 && end[k] >= -size ? end[k] + size : end[k], low, high);
        dims[at] = by > 0 ? (b > a ? (b - a + by - 1)/by : 0) : a > b ? (a - b - by - 1)/-by : 0;
        first += (size_t)a*was[at];
        step[at] = (ptrdiff_t)was[at]*(ptrdiff_t)by;
    }
    struct onnx_tensor *t = incoming_tensor(g, node, from->type, from->ndims, dims);
    if (t && t->count)
        walk(t, from->values + first, step);
    return keep(g, node, t);
}

static enum folded fold_concat(struct incoming *g, int node)
{
    const struct onnx_node *n = &g->model->nodes[node];
    const struct onnx_tensor *from = node_constant(g, node, 0);
    int64_t dims[ONNX_DIMS];
    int axis;
    if (!axis_of(attribute_int(n, "axis", 0), from->ndims, &axis))
        return bad(g, node, "attribute axis: there is no such dimension");
    memcpy(dims, from->dims, sizeof dims);
    for (int k = 1; k < n->ninputs; k++) {
        const struct onnx_tensor *t = node_constant(g, node, k);
        for (int d = 0; d < from->ndims; d++)
            if (t->ndims != from->ndims || (d != axis && t->dims[d] != dims[d]))
                return bad(g, node, "constants of other shapes cannot be joined");
        dims[axis] += t->dims[axis];
    }
    struct onnx_tensor *to = incoming_tensor(g, node, from->type, from->ndims, dims);
    const size_t outer = (size_t)product(dims, axis);
    size_t at = 0;
    for (size_t o = 0; to && o < outer; o++)
        for (int k = 0; k < n->ninputs; k++) {
            const struct onnx_tensor *t = node_constant(g, node, k);
            const size_t piece = t->count/outer;
            memcpy(to->values + at, t->values + o*piece, piece*sizeof *to->values);
            at += piece;
        }
    return keep(g, node, to);
}

/* ---- which ---- */

static enum folded fold_computed(struct incoming *g, int node)
{
    const char *op = g->model->nodes[node].op;
    return keep(g, node, folds_elements(op) ? fold_elements(g, node)
                         : !strcmp(op, "Range") ? fold_range(g, node)
                         : !strcmp(op, "DequantizeLinear") ? fold_dequantize(g, node)
                         : fold_reduce(g, node));
}

static const struct { const char *op; enum folded (*fold)(struct incoming *, int); } fold_rows[] = {
    { "Constant", fold_constant }, { "ConstantOfShape", fold_filled }, { "Identity", fold_same },
    { "Dropout", fold_same }, { "Cast", fold_same }, { "CastLike", fold_same },
    { "Reshape", fold_reshape }, { "Flatten", fold_reshape }, { "Squeeze", fold_reshape },
    { "Unsqueeze", fold_reshape }, { "Transpose", fold_transpose }, { "Expand", fold_expand },
    { "Gather", fold_gather }, { "Slice", fold_slice }, { "Concat", fold_concat },
    { "Range", fold_computed }, { "DequantizeLinear", fold_computed },
    { "ReduceProd", fold_computed }, { "ReduceSum", fold_computed }, { "ReduceMax", fold_computed },
    { "ReduceMin", fold_computed }, { "ReduceMean", fold_computed },
};

bool folds(const char *op)
{
    for (size_t k = 0; k < sizeof fold_rows / sizeof *fold_rows; k++)
        if (!strcmp(fold_rows[k].op, op))
            return true;
    return folds_elements(op) || !strcmp(op, "Shape") || !strcmp(op, "Size");
}

/* Every input is there and a constant; of CastLike's second one only the type is read. */
static bool all_constant(const struct incoming *g, int node)
{
    const struct onnx_node *n = &g->model->nodes[node];
    const int inputs = strcmp(n->op, "CastLike") ? n->ninputs : 1;
    for (int k = 0; k < inputs; k++)
        if (*n->inputs[k] && !node_constant(g, node, k))
            return false;
    return n->ninputs == 0 || *n->inputs[0];
}

enum folded fold_node(struct incoming *g, int node)
{
    const struct onnx_node *n = &g->model->nodes[node];
    if (!strcmp(n->op, "Shape") || !strcmp(n->op, "Size")) {
        const struct value *v = node_input(g, node, 0);
        return v && v->kind != VALUE_UNKNOWN ? fold_shape(g, node) : keep(g, node, NULL);
    }
    if (!all_constant(g, node))
        return FOLD_NOTHING;
    for (size_t k = 0; k < sizeof fold_rows / sizeof *fold_rows; k++)
        if (!strcmp(fold_rows[k].op, n->op))
            return fold_rows[k].fold(g, node);
    return n->ninputs && folds_elements(n->op) ? fold_computed(g, node) : FOLD_NOTHING;
}
