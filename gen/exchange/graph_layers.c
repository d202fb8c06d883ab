/*
** graph_layers.c - each kind of layer as operators of ONNX. Where ONNX rounds or counts otherwise
** than we do, all is said in numbers that leave no choice: pads on four sides, never auto_pad or
** ceil_mode. It must never work out what a pass has decided.
*/
#include "exchange/graph.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/small.h"
#include "exchange/export.h"

/* ---- pieces ---- */

/* "gelu1/erf": no label has a slash. */
struct part { char name[ONNX_WRITE_NAME]; };
static struct part part_of(const char *layer, const char *what)
{
    struct part p;
    snprintf(p.name, sizeof p.name, "%s/%s", layer, what);
    return p;
}

/* A node that reads one value, or two. */
static void node(struct graph *g, const char *op, const char *output, const char *a, const char *b)
{
    onnx_put_node(&g->out, op, output);
    onnx_put_input(&g->out, a);
    if (b)
        onnx_put_input(&g->out, b);
}

const struct graph_value *graph_value(const struct graph *g, int layer)
{
    return layer == INPUT ? &g->input : &g->value[layer];
}

struct graph_value graph_map(struct graph *g, const struct graph_value *v, const char *reader)
{
    struct graph_value map = *v;
    if (!v->row)
        return map;
    const int64_t shape[] = { 0, v->shape.c, 1, 1 };    /* 0: as many as there are */
    const struct part name = part_of(reader, "map"), sides = part_of(reader, "map_shape");
    onnx_put_integers(&g->out, sides.name, shape, 4);
    node(g, "Reshape", name.name, v->name, sides.name);
    strcpy(map.name, name.name);
    map.row = false;
    return map;
}

struct graph_value graph_row(struct graph *g, const struct graph_value *v, const char *reader)
{
    struct graph_value row = *v;
    if (v->row)
        return row;
    const struct part name = part_of(reader, "row");
    node(g, "Flatten", name.name, v->name, NULL);
    onnx_put_int(&g->out, "axis", 1);
    strcpy(row.name, name.name);
    row.row = true;
    return row;
}

void graph_number(struct graph *g, const char *name, double value)
{
    const float single = (float)value;
    onnx_put_floats(&g->out, name, NULL, 0, &single);
}

/* A parameter as an initialiser of its name, of its own shape or of another one. */
static void put_parameter(struct graph *g, const struct layer *l, const char *what,
                          const struct tensor *t, const float *values)
{
    char name[ONNX_WRITE_NAME];
    int64_t dim[TENSOR_MAX_RANK];
    for (int k = 0; k < t->rank; k++)
        dim[k] = (int64_t)t->dim[k];
    snprintf(name, sizeof name, "%s.%s", l->name, what);
    onnx_put_floats(&g->out, name, dim, t->rank, values);
    onnx_put_input(&g->out, name);
}

static void put_own(struct graph *g, const struct layer *l, const char *what)
{
    const struct tensor *t = parameters_of(g->parameters, g->net, l, what);
    float *values = parameters_floats(t);
    put_parameter(g, l, what, t, values);
    free(values);
}

/* ---- layers with weights ---- */

/* The batchnorm that goes into layer i's weights, or NULL. */
static const struct layer *folded_norm(const struct graph *g, int i)
{
    const struct layer *l = &g->net->layer[i], *next = l + 1;
    const bool weights = l->kind == LAYER_CONV || l->kind == LAYER_DECONV
                         || l->kind == LAYER_AFFINE;
    return g->options->fold && weights && i + 1 < g->net->nlayers && next->kind == LAYER_BATCHNORM
           && next->from == i ? next : NULL;
}

/* What a norm does to a channel: x*factor + shift. */
struct norm { float *gamma, *beta, *mean, *var; double eps; };

static struct norm read_norm(const struct graph *g, const struct layer *l)
{
    const struct tensor *gamma = parameters_of(g->parameters, g->net, l, "weight");
    return (struct norm){
        .gamma = gamma ? parameters_floats(gamma) : NULL,
        .beta = parameters_floats(parameters_of(g->parameters, g->net, l, "bias")),
        .mean = parameters_floats(parameters_of(g->parameters, g->net, l, "running_mean")),
        .var = parameters_floats(parameters_of(g->parameters, g->net, l, "running_var")),
        .eps = l->eps
    };
}

static void free_norm(struct norm *n)
{
    free(n->gamma);
    free(n->beta);
    free(n->mean);
    free(n->var);
}

static double norm_factor(const struct norm *n, size_t channel)
{
    return (n->gamma ? (double)n->gamma[channel] : 1)/sqrt((double)n->var[channel] + n->eps);
}

/* Weight and bias with the norm in them. Of a deconv's weight channels are the second axis. */
static void put_folded(struct graph *g, const struct layer *l, const struct layer *norm)
{
    const struct tensor *w = parameters_of(g->parameters, g->net, l, "weight");
    const struct tensor *b = parameters_of(g->parameters, g->net, l, "bias");
    const size_t channels = (size_t)l->out.c;
    const size_t outer = l->kind == LAYER_DECONV ? w->dim[0] : 1;
    const size_t each = w->count/(outer*channels);
    const struct tensor bias = { .rank = 1, .dim = { channels } };
    float *weight = parameters_floats(w);
    float *shift = b ? parameters_floats(b) : alloc(channels, sizeof *shift);
    struct norm n = read_norm(g, norm);
    for (size_t k = 0; k < w->count; k++)
        weight[k] = (float)((double)weight[k]*norm_factor(&n, k/each % channels));
    for (size_t c = 0; c < channels; c++)
        shift[c] = (float)((double)n.beta[c]
                           + ((double)shift[c] - (double)n.mean[c])*norm_factor(&n, c));
    put_parameter(g, l, "weight", w, weight);
    put_parameter(g, l, "bias", &bias, shift);
    free_norm(&n);
    free(weight);
    free(shift);
}

/* After the node's first input. */
static void put_weights(struct graph *g, const struct layer *l)
{
    const struct layer *norm = folded_norm(g, (int)(l - g->net->layer));
    if (norm) {
        put_folded(g, l, norm);
        return;
    }
    put_own(g, l, "weight");
    if (l->bias)
        put_own(g, l, "bias");
}

static void put_pads(struct graph *g, int top, int left, int bottom, int right)
{
    const int64_t pads[] = { top, left, bottom, right };
    onnx_put_ints(&g->out, "pads", pads, 4);
}

static void put_window(struct graph *g, const struct layer *l)
{
    const int64_t kernel[] = { l->kh, l->kw }, strides[] = { l->stride, l->stride_w };
    onnx_put_ints(&g->out, "kernel_shape", kernel, 2);
    onnx_put_ints(&g->out, "strides", strides, 2);
}

static void put_conv(struct graph *g, const struct layer *l, const char *op,
                     const struct graph_value *in, struct graph_value *out)
{
    const struct graph_value map = graph_map(g, in, l->name);
    const int64_t dilations[] = { l->dilation, l->dilation };
    node(g, op, out->name, map.name, NULL);
    put_weights(g, l);
    put_window(g, l);
    put_pads(g, l->pad_top, l->pad_left, l->pad_bottom, l->pad_right);
    onnx_put_ints(&g->out, "dilations", dilations, 2);
    onnx_put_int(&g->out, "group", l->groups);
    out->row = false;
}

/* What ends after the last window is more output, which no pad can say. */
static void put_deconv(struct graph *g, const struct layer *l, const char *op,
                       const struct graph_value *in, struct graph_value *out)
{
    const struct graph_value map = graph_map(g, in, l->name);
    const int64_t more[] = { max_int(0, -l->pad_bottom), max_int(0, -l->pad_right) };
    node(g, op, out->name, map.name, NULL);
    put_weights(g, l);
    put_window(g, l);
    put_pads(g, l->pad_top, l->pad_left, max_int(0, l->pad_bottom), max_int(0, l->pad_right));
    onnx_put_ints(&g->out, "output_padding", more, 2);
    out->row = false;
}

static void put_affine(struct graph *g, const struct layer *l, const char *op,
                       const struct graph_value *in, struct graph_value *out)
{
    const struct graph_value row = graph_row(g, in, l->name);
    node(g, op, out->name, row.name, NULL);
    put_weights(g, l);
    onnx_put_int(&g->out, "transB", 1);
    out->row = true;
}

/* A norm without gamma: ones, by a name that is no parameter's. */
static void put_norm(struct graph *g, const struct layer *l, const char *op,
                     const struct graph_value *in, struct graph_value *out)
{
    if (l->from != INPUT && folded_norm(g, l->from) == l) {
        *out = *in;
        return;
    }
    node(g, op, out->name, in->name, NULL);
    if (l->scale) {
        put_own(g, l, "weight");
    } else {
        const struct part ones = part_of(l->name, "ones");
        const int64_t channels = l->out.c;
        float *one = alloc((size_t)channels, sizeof *one);
        for (int64_t c = 0; c < channels; c++)
            one[c] = 1;
        onnx_put_floats(&g->out, ones.name, &channels, 1, one);
        onnx_put_input(&g->out, ones.name);
        free(one);
    }
    put_own(g, l, "bias");
    put_own(g, l, "running_mean");
    put_own(g, l, "running_var");
    onnx_put_float(&g->out, "epsilon", l->eps);
    onnx_put_float(&g->out, "momentum", l->momentum);
}

/* One slope a channel: it is to stand at the channels' axis. */
static void put_prelu(struct graph *g, const struct layer *l, const char *op,
                      const struct graph_value *in, struct graph_value *out)
{
    const struct tensor slopes = { .rank = in->row ? 1 : 3,
                                   .dim = { (size_t)l->out.c, 1, 1 } };
    float *values = parameters_floats(parameters_of(g->parameters, g->net, l, "weight"));
    node(g, op, out->name, in->name, NULL);
    put_parameter(g, l, "weight", &slopes, values);
    free(values);
}

/* ---- pools, shapes ---- */

static void put_pool(struct graph *g, const struct layer *l, const char *op,
                     const struct graph_value *in, struct graph_value *out)
{
    struct graph_value map = graph_map(g, in, l->name);
    int top = l->pad_top, left = l->pad_left, bottom = l->pad_bottom, right = l->pad_right;
    if (l->count_pad && (l->beyond_bottom || l->beyond_right)) {
        const struct part padded = part_of(l->name, "padded"), pads = part_of(l->name, "pads");
        const int64_t counted[] = { 0, 0, top, left, 0, 0, bottom - l->beyond_bottom,
                                    right - l->beyond_right };
        onnx_put_integers(&g->out, pads.name, counted, 8);
        node(g, "Pad", padded.name, map.name, pads.name);
        strcpy(map.name, padded.name);
        top = left = 0;
        bottom = l->beyond_bottom;
        right = l->beyond_right;
    }
    node(g, op, out->name, map.name, NULL);
    put_window(g, l);
    put_pads(g, top, left, bottom, right);
    if (l->kind == LAYER_AVGPOOL)
        onnx_put_int(&g->out, "count_include_pad",
                     l->count_pad && !l->beyond_bottom && !l->beyond_right);
    out->row = false;
}

static void put_global(struct graph *g, const struct layer *l, const char *op,
                       const struct graph_value *in, struct graph_value *out)
{
    const struct graph_value map = graph_map(g, in, l->name);
    node(g, op, out->name, map.name, NULL);
    out->row = false;
}

static void put_reshape(struct graph *g, const struct layer *l, const char *op,
                        const struct graph_value *in, struct graph_value *out)
{
    const struct part shape = part_of(l->name, "shape");
    const int64_t sides[] = { 0, l->out.c, l->out.h, l->out.w };
    onnx_put_integers(&g->out, shape.name, sides, 4);
    node(g, op, out->name, in->name, shape.name);
    out->row = false;
}

static void put_upsample(struct graph *g, const struct layer *l, const char *op,
                         const struct graph_value *in, struct graph_value *out)
{
    const struct graph_value map = graph_map(g, in, l->name);
    const struct part scales = part_of(l->name, "scales");
    const float times[] = { 1, 1, (float)l->up_h, (float)l->up_w };
    const int64_t count = 4;
    onnx_put_floats(&g->out, scales.name, &count, 1, times);
    node(g, op, out->name, map.name, "");
    onnx_put_input(&g->out, scales.name);
    onnx_put_string(&g->out, "mode", l->bilinear ? "linear" : "nearest");
    onnx_put_string(&g->out, "coordinate_transformation_mode",
                    l->bilinear ? "half_pixel" : "asymmetric");
    if (!l->bilinear)
        onnx_put_string(&g->out, "nearest_mode", "floor");
    out->row = false;
}

/* ---- pointwise ---- */

static void put_plain(struct graph *g, const struct layer *l, const char *op,
                      const struct graph_value *in, struct graph_value *out)
{
    (void)l;
    node(g, op, out->name, in->name, NULL);
}

/* alpha*x where x is below 0, or what it tends to. */
static void put_alpha(struct graph *g, const struct layer *l, const char *op,
                      const struct graph_value *in, struct graph_value *out)
{
    node(g, op, out->name, in->name, NULL);
    onnx_put_float(&g->out, "alpha", l->number[0]);
}

static void put_hardsigmoid(struct graph *g, const struct layer *l, const char *op,
                            const struct graph_value *in, struct graph_value *out)
{
    (void)l;
    node(g, op, out->name, in->name, NULL);
    onnx_put_float(&g->out, "alpha", 1.0/6);
    onnx_put_float(&g->out, "beta", 0.5);
}

/* ONNX takes the probability of dropping. */
static void put_dropout(struct graph *g, const struct layer *l, const char *op,
                        const struct graph_value *in, struct graph_value *out)
{
    const struct part ratio = part_of(l->name, "ratio");
    graph_number(g, ratio.name, 1 - l->number[0]);
    node(g, op, out->name, in->name, ratio.name);
}

static void put_clip(struct graph *g, const struct layer *l, const char *op,
                     const struct graph_value *in, struct graph_value *out)
{
    const struct part low = part_of(l->name, "min"), high = part_of(l->name, "max");
    graph_number(g, low.name, l->number[0]);
    graph_number(g, high.name, l->number[1]);
    node(g, op, out->name, in->name, low.name);
    onnx_put_input(&g->out, high.name);
}

static void put_scale(struct graph *g, const struct layer *l, const char *op,
                      const struct graph_value *in, struct graph_value *out)
{
    const struct part factor = part_of(l->name, "factor");
    graph_number(g, factor.name, l->number[0]);
    node(g, op, out->name, in->name, factor.name);
}

/* x*sigmoid(x) */
static void put_silu(struct graph *g, const struct layer *l, const char *op,
                     const struct graph_value *in, struct graph_value *out)
{
    const struct part sigmoid = part_of(l->name, "sigmoid");
    node(g, "Sigmoid", sigmoid.name, in->name, NULL);
    node(g, op, out->name, in->name, sigmoid.name);
}

/* x*(1 + erf(x/sqrt(2)))*0.5: the operator came with opset 20. */
static void put_gelu(struct graph *g, const struct layer *l, const char *op,
                     const struct graph_value *in, struct graph_value *out)
{
    static const char *const steps[] = { "Div", "Erf", "Add", "Mul" };
    static const char *const by[] = { "root", NULL, "one", NULL };
    static const char *const makes[] = { "scaled", "erf", "plus", "times" };
    const struct part root = part_of(l->name, "root"), one = part_of(l->name, "one");
    const struct part half = part_of(l->name, "half");
    struct part x = { "" };
    graph_number(g, root.name, sqrt(2));
    graph_number(g, one.name, 1);
    graph_number(g, half.name, 0.5);
    strcpy(x.name, in->name);
    for (int k = 0; k < 4; k++) {
        const struct part to = part_of(l->name, makes[k]);
        const struct part other = by[k] ? part_of(l->name, by[k]) : (struct part){ "" };
        node(g, steps[k], to.name, k == 3 ? in->name : x.name,
             k == 3 ? x.name : by[k] ? other.name : NULL);
        x = to;
    }
    node(g, op, out->name, x.name, half.name);
}

/* ---- branches ---- */

static void put_nothing(struct graph *g, const struct layer *l, const char *op,
                        const struct graph_value *in, struct graph_value *out)
{
    (void)g;
    (void)l;
    (void)op;
    *out = *in;
}

/* What the branches made, all as maps or all as rows; a product's fork before its gate. */
static void put_branches(struct graph *g, const struct layer *l, const char *op,
                         const struct graph_value *in, struct graph_value *out)
{
    struct graph_value end[MAX_BRANCHES];
    const bool swapped = l->kind == LAYER_PRODUCT;
    out->row = true;
    for (int k = 0; k < l->branches; k++)
        out->row = out->row && graph_value(g, l->end[k])->row;
    for (int k = 0; k < l->branches; k++) {
        const struct part reader = part_of(l->name, (const char *[]){ "1", "2", "3", "4", "5", "6",
                                                                      "7", "8" }[k]);
        const struct graph_value *v = graph_value(g, l->end[k]);
        end[k] = out->row ? *v : graph_map(g, v, reader.name);
    }
    (void)in;
    onnx_put_node(&g->out, op, out->name);
    for (int k = 0; k < l->branches; k++)
        onnx_put_input(&g->out, end[swapped ? l->branches - 1 - k : k].name);
    if (l->kind == LAYER_JOIN)
        onnx_put_int(&g->out, "axis", 1);
}

/* ---- the end ---- */

/* One score a class or value; a map of them stays one. */
static void put_scores(struct graph *g, const struct layer *l, const char *op,
                       const struct graph_value *in, struct graph_value *out)
{
    *out = l->in.h == 1 && l->in.w == 1 ? graph_row(g, in, l->name) : *in;
    if (!g->options->softmax)
        return;
    struct graph_value scores = *out;
    strcpy(out->name, "probabilities");
    node(g, op, out->name, scores.name, NULL);
    if (l->kind == LAYER_SOFTMAX)
        onnx_put_int(&g->out, "axis", 1);
}

/* Of losses: what makes probabilities of scores, NULL: nothing does. */
static const struct {
    enum layer_kind kind;
    const char *op;
    void (*put)(struct graph *g, const struct layer *l, const char *op,
                const struct graph_value *in, struct graph_value *out);
} rows[] = {
    { LAYER_CONV, "Conv", put_conv },
    { LAYER_DECONV, "ConvTranspose", put_deconv },
    { LAYER_AFFINE, "Gemm", put_affine },
    { LAYER_BATCHNORM, "BatchNormalization", put_norm },
    { LAYER_PRELU, "PRelu", put_prelu },
    { LAYER_MAXPOOL, "MaxPool", put_pool },
    { LAYER_AVGPOOL, "AveragePool", put_pool },
    { LAYER_GLOBALMAXPOOL, "GlobalMaxPool", put_global },
    { LAYER_GLOBALAVGPOOL, "GlobalAveragePool", put_global },
    { LAYER_RESHAPE, "Reshape", put_reshape },
    { LAYER_UPSAMPLE, "Resize", put_upsample },
    { LAYER_RELU, "Relu", put_plain },
    { LAYER_TANH, "Tanh", put_plain },
    { LAYER_SIGMOID, "Sigmoid", put_plain },
    { LAYER_HARDSWISH, "HardSwish", put_plain },
    { LAYER_LEAKY_RELU, "LeakyRelu", put_alpha },
    { LAYER_ELU, "Elu", put_alpha },
    { LAYER_HARDSIGMOID, "HardSigmoid", put_hardsigmoid },
    { LAYER_CLIP, "Clip", put_clip },
    { LAYER_SCALE, "Mul", put_scale },
    { LAYER_SILU, "Mul", put_silu },
    { LAYER_GELU, "Mul", put_gelu },
    { LAYER_DROPOUT, "Dropout", put_dropout },
    { LAYER_RESIDUAL, NULL, put_nothing },
    { LAYER_CONCAT, NULL, put_nothing },
    { LAYER_GATE, NULL, put_nothing },
    { LAYER_ADD, "Add", put_branches },
    { LAYER_JOIN, "Concat", put_branches },
    { LAYER_PRODUCT, "Mul", put_branches },
    { LAYER_SOFTMAX, "Softmax", put_scores },
    { LAYER_BCE, "Sigmoid", put_scores },
    { LAYER_SVM, NULL, put_scores },
    { LAYER_MSE, NULL, put_scores },
    { LAYER_MAE, NULL, put_scores },
};
enum { NROWS = sizeof rows / sizeof *rows };

static int row_of(enum layer_kind kind)
{
    int k = 0;
    while (k < NROWS && rows[k].kind != kind)
        k++;
    if (k == NROWS)
        DIE("layer kind %d has no operator of ONNX", kind);
    return k;
}

bool export_knows(enum layer_kind kind)
{
    for (int k = 0; k < NROWS; k++)
        if (rows[k].kind == kind)
            return true;
    return false;
}

bool export_has_probabilities(const struct layer *loss)
{
    return rows[row_of(loss->kind)].op != NULL;
}

void graph_layer(struct graph *g, int i)
{
    static const char *const taken[] = { "input", "scores", "probabilities" };
    const struct layer *l = &g->net->layer[i];
    const int row = row_of(l->kind);
    const struct graph_value *in = graph_value(g, l->from);
    struct graph_value out = { .shape = l->out, .row = in->row };
    snprintf(out.name, sizeof out.name, "%s", l->name);
    for (size_t k = 0; k < sizeof taken / sizeof *taken; k++)
        if (!strcmp(l->name, taken[k]))
            snprintf(out.name, sizeof out.name, "%s", part_of(l->name, "output").name);
    rows[row].put(g, l, rows[row].op, in, &out);
    out.shape = l->out;
    g->value[i] = out;
}
