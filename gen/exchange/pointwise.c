/*
** pointwise.c - operators that make of each value one of its own. It must never take a function for
** a layer that differs from it anywhere by more than f32 can tell.
*/
#include "exchange/pointwise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/small.h"
#include "exchange/attribute.h"
#include "exchange/functions.h"
#include "exchange/merge.h"

enum { CONE_MOST = 24 };        /* nodes that one layer may be put together of */

/* ---- the nodes between a value and what it is a function of ---- */

struct cone {
    const struct incoming *g;
    int base, value[CONE_MOST], count;
    /* cone_prepare: what computes each, and from which of those before it or which constant. */
    struct cone_step {
        const struct onnx_node *n;
        double (*f)(const struct onnx_node *n, const double *x, int count);
        int from[POINTWISE_INPUTS], inputs;     /* -1: x, -2: the constant */
        double constant[POINTWISE_INPUTS];
    } step[CONE_MOST];
};

/* In the order in which they are made: that of their numbers. False: it reads another map, too. */
static bool cone_add(struct cone *c, int value)
{
    const struct incoming *g = c->g;
    const struct value *v = &g->value[value];
    if (value == c->base)
        return true;
    if (v->kind == VALUE_CONSTANT)
        return v->constant->count == 1;
    if (v->kind != VALUE_POINTWISE || value < c->base || c->count == CONE_MOST)
        return false;
    int at = c->count;
    for (int k = 0; k < c->count; k++)
        if (c->value[k] == value)
            return true;
    while (at > 0 && c->value[at - 1] > value) {
        c->value[at] = c->value[at - 1];
        at--;
    }
    c->value[at] = value;
    c->count++;
    const struct onnx_node *n = &g->model->nodes[v->node];
    for (int k = 0; k < n->ninputs; k++) {
        const int from = incoming_value(g, n->inputs[k]);
        if (from >= 0 && !cone_add(c, from))
            return false;
    }
    return true;
}

/* Once all of its values are there: names are looked up here, not for each number. */
static void cone_prepare(struct cone *c)
{
    for (int i = 0; i < c->count; i++) {
        const struct onnx_node *n = &c->g->model->nodes[c->g->value[c->value[i]].node];
        struct cone_step *s = &c->step[i];
        s->n = n;
        s->f = pointwise_find(n->op)->f;
        for (s->inputs = 0; s->inputs < min_int(n->ninputs, POINTWISE_INPUTS); s->inputs++) {
            const int k = s->inputs, value = incoming_value(c->g, n->inputs[k]);
            s->from[k] = value < 0 ? -2 : -1;
            s->constant[k] = NAN;
            if (value >= 0 && c->g->value[value].kind == VALUE_CONSTANT) {
                s->from[k] = -2;
                s->constant[k] = c->g->value[value].constant->values[0];
            }
            for (int j = 0; j < i; j++)
                if (c->value[j] == value)
                    s->from[k] = j;
        }
    }
}

static double cone_apply(const struct cone *c, double x)
{
    double result[CONE_MOST + 1] = { x };
    for (int i = 0; i < c->count; i++) {
        const struct cone_step *s = &c->step[i];
        double in[POINTWISE_INPUTS];
        for (int k = 0; k < s->inputs; k++)
            in[k] = s->from[k] >= 0 ? result[s->from[k]] : s->from[k] == -1 ? x : s->constant[k];
        result[i] = s->f(s->n, in, s->inputs);
    }
    return result[max_int(c->count - 1, 0)];
}

/* Does nobody else read what lies between? */
static bool cone_private(const struct cone *c)
{
    for (int i = 0; i + 1 < c->count; i++)
        if (c->g->value[c->value[i]].uses != 1)
            return false;
    return incoming_private(c->g, c->base);
}

static double cone_value(const void *cone, double x)
{
    return cone_apply(cone, x);
}

static bool is_function(struct cone *c, struct function *f)
{
    cone_prepare(c);
    return function_find(cone_value, c, f);
}

/* ---- x*a + b ---- */

static bool is_linear(enum layer_kind kind)
{
    return kind == LAYER_CONV || kind == LAYER_DECONV || kind == LAYER_AFFINE;
}

static bool all_zero(const double *b, size_t count)
{
    for (size_t k = 0; k < count; k++)
        if (b[k] != 0)
            return false;
    return true;
}

static void fold_affine(struct part *p, const double *a, const double *b)
{
    const size_t f = (size_t)p->l.filters, w = p->count[0];
    /* A deconv's weights lie input by input, the others' filter by filter. */
    const size_t taps = (size_t)p->l.kh*(size_t)p->l.kw;
    for (size_t k = 0; k < w; k++)
        p->tensor[0][k] *= a[p->l.kind == LAYER_DECONV ? k/taps % f : k/(w/f)];
    if (p->l.bias)
        for (size_t k = 0; k < f; k++)
            p->tensor[1][k] = p->tensor[1][k]*a[k] + b[k];
    if (p->l.bias || all_zero(b, f))
        return;
    p->l.bias = true;
    p->count[1] = f;
    p->tensor[1] = alloc(f, sizeof *b);
    memcpy(p->tensor[1], b, f*sizeof *b);
}

static double *copy_reals(const double *from, size_t count)
{
    double *to = alloc(count + 1, sizeof *to);
    if (from)
        memcpy(to, from, count*sizeof *to);
    return to;
}

static void own_norm(struct part *p, size_t c, const double *a, const double *b)
{
    const double *const from[PART_TENSORS] = { a, b };
    for (int k = 0; k < PART_TENSORS; k++) {
        p->tensor[k] = copy_reals(from[k], c);
        p->count[k] = c;
    }
    for (size_t k = 0; k < c; k++)
        p->tensor[3][k] = 1 - p->l.eps;
}

static int affine(struct incoming *g, int node, int from, bool alone, const double *a,
                  const double *b, size_t per)
{
    const size_t c = (size_t)part_shape(g, from).c;
    struct part *p = from >= 0 ? &g->part[from] : NULL;
    if (!p || (int)p->l.kind == PART_PREPROCESS) {
        p = incoming_add_part(g, (enum layer_kind)PART_PREPROCESS, node, from);
        p->tensor[0] = copy_reals(a, p->count[0] = c);
        p->tensor[1] = copy_reals(b, p->count[1] = c*per);
        return g->nparts - 1;
    }
    if (per > 1) {
        refuse(g, node, "a constant of another value for each pixel can be said of the images "
               "alone, before any layer");
        return PART_NONE;
    }
    if (alone && is_linear(p->l.kind)) {
        fold_affine(p, a, b);
        return from;
    }
    if (alone && p->l.kind == LAYER_BATCHNORM) {
        for (size_t k = 0; k < c; k++) {
            p->tensor[0][k] *= a[k];
            p->tensor[1][k] = p->tensor[1][k]*a[k] + b[k];
        }
        p->l.scale = true;
        return from;
    }
    own_norm(incoming_add_part(g, LAYER_BATCHNORM, node, from), c, a, b);
    return g->nparts - 1;
}

int pointwise_affine(struct incoming *g, int node, int value, const double *a, const double *b,
                     size_t per)
{
    const int from = pointwise_part(g, value);
    return from == PART_NONE ? from
           : affine(g, node, from, incoming_private(g, value), a, b, per);
}

/* The same of all channels. */
static int affine_all(struct incoming *g, const struct cone *c, int node, int from, double a,
                      double b)
{
    const size_t channels = (size_t)part_shape(g, from).c;
    double *as = alloc(channels, sizeof *as), *bs = alloc(channels, sizeof *bs);
    for (size_t k = 0; k < channels; k++) {
        as[k] = a;
        bs[k] = b;
    }
    const int part = affine(g, node, from, cone_private(c), as, bs, 1);
    free(as);
    free(bs);
    return part;
}

/* ---- layers ---- */

static bool before_layers(const struct incoming *g, int part)
{
    return part == INPUT || (int)g->part[part].l.kind == PART_PREPROCESS;
}

static int layers_of(struct incoming *g, const struct cone *c, int node, const struct function *f)
{
    const int from = pointwise_part(g, c->base);
    if (from == PART_NONE || f->kind == FUNCTION_IDENTITY)
        return from;
    const bool scales = f->kind == FUNCTION_LAYERS && f->nlayers == 1
                        && f->layer[0].kind == LAYER_SCALE && before_layers(g, from)
                        && !incoming_is_layer(g, node);
    if (f->kind == FUNCTION_AFFINE || scales)
        return affine_all(g, c, node, from, scales ? f->layer[0].number[0] : f->a,
                          scales ? 0 : f->b);
    int part = from;
    for (int k = 0; k < f->nlayers; k++) {
        struct part *p = incoming_add_part(g, f->layer[k].kind, node, part);
        memcpy(p->l.number, f->layer[k].number, sizeof p->l.number);
        part = g->nparts - 1;
    }
    return part;
}

/* A node of two maps whose function of what both come from is no layer: a sum or a product. */
static int meet(struct incoming *g, int value)
{
    const int node = g->value[value].node;
    const struct onnx_node *n = &g->model->nodes[node];
    const bool add = !strcmp(n->op, "Add") || !strcmp(n->op, "Sum");
    struct branch_end end[2];
    if (n->ninputs != 2 || !(add || !strcmp(n->op, "Mul")))
        return PART_NONE;
    for (int k = 0; k < 2; k++) {
        end[k].value = incoming_value(g, n->inputs[k]);
        if (g->value[end[k].value].kind == VALUE_CONSTANT)
            return PART_NONE;
    }
    for (int k = 0; k < 2; k++)
        end[k].part = pointwise_part(g, end[k].value);
    return merge_two(g, node, add ? LAYER_ADD : LAYER_PRODUCT, &end[0], &end[1]);
}

static void not_a_layer(struct incoming *g, int node)
{
    const struct pointwise_def *def = pointwise_find(g->model->nodes[node].op);
    refuse(g, node, "what it makes of a value is no layer here; %s", def->advice ? def->advice
           : "relu, leaky_relu, clip, elu, gelu (by erf), silu, hardswish, hardsigmoid, sigmoid, "
           "tanh, scale and prelu are, by themselves or put together of other operators");
}

int pointwise_part(struct incoming *g, int value)
{
    const int node = g->value[value].node;
    struct function f;
    if (g->value[value].kind == VALUE_MAP)
        return g->value[value].part;
    if (g->value[value].kind != VALUE_POINTWISE || g->value[value].part != PART_NONE)
        return g->value[value].kind == VALUE_POINTWISE ? g->value[value].part : PART_NONE;
    struct cone whole = { .g = g, .base = g->value[value].base };
    int part = PART_NONE, refused = g->refused;
    if (cone_add(&whole, value)) {
        /* From where it is a function of the most nodes to its own alone. */
        struct cone c = whole;
        bool found = is_function(&c, &f);
        for (int k = 0; k + 1 < whole.count && !found; k++) {
            c = (struct cone){ .g = g, .base = whole.value[k] };
            found = cone_add(&c, value) && is_function(&c, &f);
        }
        if (found)
            part = layers_of(g, &c, node, &f);
        else
            part = meet(g, value);
    }
    if (part == PART_NONE && refused == g->refused)
        not_a_layer(g, node);
    g->value[value].part = part;
    if (part == PART_NONE)
        g->value[value].kind = VALUE_UNKNOWN;
    return part;
}

/* ---- nodes ---- */

/* A cone that grows too large, or beyond what is known to be one layer, ends where it is: a layer
** is made of it. */
static int base_of(struct incoming *g, int node, int value)
{
    const struct value *v = &g->value[value];
    if (v->kind == VALUE_POINTWISE && v->part == PART_NONE && v->cone < CONE_MOST/2
        && incoming_one_layer(g, node, v->node))
        return v->base;
    return pointwise_part(g, value) == PART_NONE ? -1 : value;
}

bool pointwise_node(struct incoming *g, int node)
{
    const struct onnx_node *n = &g->model->nodes[node];
    struct value out = { .kind = VALUE_POINTWISE, .node = node, .part = PART_NONE, .base = -1,
                         .via = -1, .cone = 1 };
    int first = -1;
    if (n->ninputs > POINTWISE_INPUTS)
        return false;
    for (int k = 0; k < n->ninputs; k++) {
        const int from = incoming_value(g, n->inputs[k]);
        if (from < 0)
            continue;
        const struct value *v = &g->value[from];
        if (v->kind == VALUE_CONSTANT) {
            if (v->constant->count != 1)
                return false;
            continue;
        }
        const int base = base_of(g, node, from);
        v = &g->value[from];
        if (base < 0 || (first >= 0 && base != out.base)
            || (first >= 0 && !same_groups(v, &g->value[first])))
            return false;
        first = from;
        out.base = base;
        out.cone += base != from ? v->cone : 0;
    }
    if (first < 0)
        DIE("%s of constants alone is no constant", n->op);
    for (int k = 0; k < n->ninputs; k++) {      /* a constant of more dimensions adds some */
        const struct value *v = node_input(g, node, k);
        if (v && v->ndims > g->value[first].ndims)
            return false;
    }
    out.ndims = g->value[first].ndims;
    memcpy(out.dims, g->value[first].dims, sizeof out.dims);
    memcpy(out.group, g->value[first].group, sizeof out.group);
    incoming_add_value(g, n->outputs[0], out);
    return true;
}
