/*
** fold_math.c - arithmetic with constants alone. Whole numbers are divided as ONNX does it: towards
** 0; in f32 each result is rounded.
*/
#include "exchange/fold_math.h"

#include <math.h>
#include <string.h>

#include "exchange/attribute.h"
#include "exchange/pointwise.h"

bool is_whole(enum onnx_type type)
{
    return type != ONNX_F32 && type != ONNX_F64 && type != ONNX_F16 && type != ONNX_BF16;
}

#define COMPARES(name, expression) \
    static double name(const struct onnx_node *n, const double *x, int count) \
    { (void)n; (void)count; return expression; }

COMPARES(equal, x[0] == x[1])
COMPARES(less, x[0] < x[1])
COMPARES(greater, x[0] > x[1])
COMPARES(not, x[0] == 0)
COMPARES(both, x[0] != 0 && x[1] != 0)
COMPARES(either, x[0] != 0 || x[1] != 0)
COMPARES(where, x[0] != 0 ? x[1] : x[2])
COMPARES(remainder_of, x[0] - floor(x[0]/x[1])*x[1])

static const struct { const char *op; pointwise_fn *f; } more[] = {
    { "Equal", equal }, { "Less", less }, { "Greater", greater }, { "Not", not }, { "And", both },
    { "Or", either }, { "Where", where }, { "Mod", remainder_of },
};

static pointwise_fn *function_of(const char *op)
{
    const struct pointwise_def *def = pointwise_find(op);
    for (size_t k = 0; k < sizeof more / sizeof *more; k++)
        if (!strcmp(more[k].op, op))
            return more[k].f;
    return def ? def->f : NULL;
}

bool folds_elements(const char *op)
{
    return function_of(op) != NULL;
}

/* The shape that constants of several shapes have together. False: they have none. */
static bool together(const struct incoming *g, int node, int inputs, int *ndims, int64_t *dims)
{
    *ndims = 0;
    for (int k = 0; k < inputs; k++) {
        const struct onnx_tensor *t = node_constant(g, node, k);
        *ndims = t && t->ndims > *ndims ? t->ndims : *ndims;
    }
    for (int d = 0; d < *ndims; d++) {
        dims[d] = 1;
        for (int k = 0; k < inputs; k++) {
            const struct onnx_tensor *t = node_constant(g, node, k);
            const int at = t ? d - (*ndims - t->ndims) : -1;
            if (at < 0 || t->dims[at] == 1)
                continue;
            if (dims[d] != 1 && dims[d] != t->dims[at])
                return false;
            dims[d] = t->dims[at];
        }
    }
    return true;
}

/* Where in t the k-th value of a result of these dims comes from. */
static size_t place_in(const struct onnx_tensor *t, size_t k, int ndims, const int64_t *dims)
{
    size_t place = 0, step = 1;
    for (int d = ndims - 1; d >= 0; d--) {
        const int at = d - (ndims - t->ndims);
        const size_t index = k % (size_t)dims[d];
        k /= (size_t)dims[d];
        if (at < 0)
            continue;
        place += t->dims[at] == 1 ? 0 : index*step;
        step *= (size_t)t->dims[at];
    }
    return place;
}

const struct onnx_tensor *fold_elements(struct incoming *g, int node)
{
    const struct onnx_node *n = &g->model->nodes[node];
    pointwise_fn *f = function_of(n->op);
    const struct onnx_tensor *in[POINTWISE_INPUTS];
    int ndims;
    int64_t dims[ONNX_DIMS];
    if (n->ninputs > POINTWISE_INPUTS || !together(g, node, n->ninputs, &ndims, dims))
        return refuse(g, node, "its constants have shapes that do not go together"), NULL;
    for (int k = 0; k < n->ninputs; k++)
        in[k] = node_constant(g, node, k);
    const struct onnx_tensor *typed = in[!strcmp(n->op, "Where") ? 1 : 0];
    struct onnx_tensor *t = incoming_tensor(g, node, typed->type, ndims, dims);
    for (size_t k = 0; t && k < t->count; k++) {
        double x[POINTWISE_INPUTS];
        for (int i = 0; i < n->ninputs; i++)
            x[i] = in[i] ? in[i]->values[place_in(in[i], k, ndims, dims)] : NAN;
        const double y = f(n, x, n->ninputs);
        t->values[k] = is_whole(t->type) ? trunc(y) : t->type == ONNX_F32 ? (double)(float)y : y;
    }
    return t;
}

/* ReduceProd, ReduceSum, ReduceMax, ReduceMin, ReduceMean of all values or along axes. */
const struct onnx_tensor *fold_reduce(struct incoming *g, int node)
{
    const struct onnx_node *n = &g->model->nodes[node];
    const struct onnx_tensor *from = node_constant(g, node, 0);
    const char *what = n->op + strlen("Reduce");
    const bool keep = attribute_int(n, "keepdims", 1);
    int64_t axes[ONNX_DIMS], dims[ONNX_DIMS], kept[ONNX_DIMS];
    const int naxes = node_ints(g, node, "axes", 1, axes, ONNX_DIMS);
    int ndims = 0, at;
    bool along[ONNX_DIMS] = { false };
    for (int k = 0; k < from->ndims; k++)
        along[k] = naxes <= 0;
    for (int k = 0; k < naxes; k++) {
        if (!axis_of(axes[k], from->ndims, &at))
            return refuse(g, node, "attribute axes: there is no such dimension"), NULL;
        along[at] = true;
    }
    double times = 1;
    for (int k = 0; k < from->ndims; k++) {
        kept[k] = along[k] ? 1 : from->dims[k];
        times *= along[k] ? (double)from->dims[k] : 1;
        if (keep || !along[k])
            dims[ndims++] = kept[k];
    }
    struct onnx_tensor *t = incoming_tensor(g, node, from->type, ndims, dims);
    if (!t)
        return NULL;
    const struct onnx_tensor shaped = { .ndims = from->ndims, .dims = { 0 } };
    struct onnx_tensor to = shaped;
    memcpy(to.dims, kept, sizeof kept);
    const bool multiplies = !strcmp(what, "Prod"), most = !strcmp(what, "Max");
    const bool least = !strcmp(what, "Min");
    for (size_t k = 0; k < t->count; k++)
        t->values[k] = multiplies ? 1 : most ? -INFINITY : least ? INFINITY : 0;
    for (size_t k = 0; k < from->count; k++) {
        double *y = &t->values[place_in(&to, k, from->ndims, from->dims)], x = from->values[k];
        *y = multiplies ? *y*x : most ? fmax(*y, x) : least ? fmin(*y, x) : *y + x;
    }
    for (size_t k = 0; k < t->count && !strcmp(what, "Mean"); k++)
        t->values[k] /= times;
    return t;
}

const struct onnx_tensor *fold_range(struct incoming *g, int node)
{
    const struct onnx_tensor *in[3];
    for (int k = 0; k < 3; k++) {
        in[k] = node_constant(g, node, k);
        if (!in[k] || in[k]->count != 1)
            return refuse(g, node, "its start, limit or step is no single number"), NULL;
    }
    const double from = in[0]->values[0], by = in[2]->values[0];
    const double steps = ceil((in[1]->values[0] - from)/by);
    const int64_t count[] = { steps < 1e9 ? steps > 0 ? (int64_t)steps : 0 : INT64_MAX };
    struct onnx_tensor *t = incoming_tensor(g, node, in[0]->type, 1, count);
    for (int64_t k = 0; t && k < count[0]; k++)
        t->values[k] = from + (double)k*by;
    return t;
}

/* There is one, or one for each place along the axis, or for each block of places, in the values'
** order. */
struct scales { size_t count, inner, along, block; };

static size_t scale_at(const struct scales *s, size_t k)
{
    const size_t blocks = (s->along + s->block - 1)/s->block, at = k/s->inner % s->along/s->block;
    return s->count == 1 ? 0 : s->block == 1 ? at
           : (k/s->inner/s->along*blocks + at)*s->inner + k % s->inner;
}

/* False: they do not fit; printed. */
static bool read_scales(struct incoming *g, int node, const struct onnx_tensor *from,
                        const struct onnx_tensor *scale, struct scales *s)
{
    const struct onnx_node *n = &g->model->nodes[node];
    const int64_t block = attribute_int(n, "block_size", 0);
    int axis = 0;
    *s = (struct scales){ scale->count, 1, 1, 1 };
    if (scale->count == 1 && !block)
        return true;
    if (block < 0 || block > INT32_MAX)
        return refuse(g, node, "attribute block_size: %lld", (long long)block);
    if (!axis_of(attribute_int(n, "axis", 1), from->ndims, &axis))
        return refuse(g, node, "attribute axis: there is no such dimension");
    size_t blocks = 1;
    for (int k = axis + 1; k < from->ndims; k++)
        s->inner *= (size_t)from->dims[k];
    s->along = (size_t)from->dims[axis];
    if (block)
        s->block = (size_t)block;
    for (int k = 0; block && k < from->ndims; k++)
        blocks *= k == axis ? (s->along + s->block - 1)/s->block : (size_t)from->dims[k];
    return scale->count == (block ? blocks : s->along)
           || refuse(g, node, "its scales are not as many as %s", block ? "blocks" : "channels");
}

const struct onnx_tensor *fold_dequantize(struct incoming *g, int node)
{
    const struct onnx_tensor *from = node_constant(g, node, 0), *scale = node_constant(g, node, 1);
    const struct onnx_tensor *zero = node_constant(g, node, 2);
    struct scales s;
    if (!read_scales(g, node, from, scale, &s))
        return NULL;
    if (zero && zero->count != scale->count)
        return refuse(g, node, "its zero points are not as many as its scales"), NULL;
    struct onnx_tensor *t = incoming_tensor(g, node, ONNX_F32, from->ndims, from->dims);
    for (size_t k = 0; t && k < t->count; k++) {
        const size_t c = scale_at(&s, k);
        t->values[k] = (double)(float)((from->values[k] - (zero ? zero->values[c] : 0))
                                       *scale->values[c]);
    }
    return t;
}
