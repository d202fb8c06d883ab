/*
** incoming.c - the values and the parts of a graph, and messages about its nodes. It must never
** judge what an operator means.
*/
#include "exchange/incoming.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/visible.h"

enum { MOST_REFUSALS = 100,     /* that are printed */
       LOOK_AHEAD = 16,         /* nodes between the input and what tells its layout */
       SOME_BATCH = 7919 };     /* a batch of any size: a prime, so that no other size has it */

bool refuse(struct incoming *g, int node, const char *format, ...)
{
    if (++g->refused > MOST_REFUSALS)
        return false;
    visible_print(stderr, "%s: error: ", g->path);
    if (node >= 0) {
        const struct onnx_node *n = &g->model->nodes[node];
        const char *name = *n->name ? n->name : n->noutputs ? n->outputs[0] : "";
        visible_print(stderr, "node \"%.80s\" (%s): ", name, n->op);
    }
    va_list args;
    va_start(args, format);
    visible_vprint(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return false;
}

struct dims_text dims_text(const struct value *v)
{
    struct dims_text t = { "" };
    size_t at = 0;
    for (int k = v->kind == VALUE_CONSTANT ? 0 : 1; k < v->ndims && at < sizeof t.text; k++)
        at += (size_t)snprintf(t.text + at, sizeof t.text - at, "%s%lld", at ? "x" : "",
                               (long long)v->dims[k]);
    return t;
}

/* ---- values ---- */

int incoming_value(const struct incoming *g, const char *name)
{
    return *name ? names_find(&g->names, name) : -1;
}

int incoming_add_value(struct incoming *g, const char *name, struct value v)
{
    g->value = grow(g->value, (size_t)g->nvalues + 1, sizeof *g->value);
    v.name = name;
    v.uses = incoming_uses(g, name);
    g->value[g->nvalues] = v;
    if (*name)
        names_add(&g->names, name, g->nvalues);
    return g->nvalues++;
}

int incoming_add_map(struct incoming *g, int node, int part, struct value v)
{
    v.kind = VALUE_MAP;
    v.part = part;
    v.node = node;
    v.via = -1;
    return incoming_add_value(g, g->model->nodes[node].outputs[0], v);
}

bool incoming_private(const struct incoming *g, int value)
{
    for (; value >= 0; value = g->value[value].via)
        if (g->value[value].uses != 1)
            return false;
    return true;
}

struct onnx_tensor *incoming_tensor(struct incoming *g, int node, enum onnx_type type, int ndims,
                                 const int64_t *dims)
{
    size_t count = 1;
    bool fits = ndims <= ONNX_DIMS;
    for (int k = 0; k < ndims && fits; k++)
        fits = dims[k] >= 0 && !__builtin_mul_overflow(count, (size_t)dims[k], &count);
    if (!fits || count > FOLDED_MOST - g->folded) {
        refuse(g, node, "its constants come to more than %d MiB", FOLDED_MOST >> 17);
        return NULL;
    }
    g->folded += count;
    struct onnx_tensor *t = alloc(1, sizeof *t);
    *t = (struct onnx_tensor){ .name = "", .type = type, .ndims = ndims, .count = count,
                               .values = alloc(count + 1, sizeof *t->values) };
    memcpy(t->dims, dims, (size_t)ndims*sizeof *dims);
    return t;
}

/* ---- names of `lathe export` ---- */

bool incoming_is_layer(const struct incoming *g, int node)
{
    const char *piece = node < 0 ? "/" : strchr(g->model->nodes[node].name, '/');
    return g->own && (!piece || !strcmp(piece, "/output"));
}

bool incoming_one_layer(const struct incoming *g, int a, int b)
{
    const char *x = g->model->nodes[a].name, *y = g->model->nodes[b].name;
    const size_t length = strcspn(x, "/");
    return !g->own || (length == strcspn(y, "/") && !memcmp(x, y, length));
}

/* ---- parts ---- */

struct part *incoming_add_part(struct incoming *g, enum layer_kind kind, int node, int from)
{
    g->part = grow(g->part, (size_t)g->nparts + 1, sizeof *g->part);
    struct part *p = &g->part[g->nparts++];
    *p = (struct part){ .l = { .kind = kind, .in = part_shape(g, from), .out = part_shape(g, from),
                               .stride = 1, .stride_w = 1, .groups = 1, .dilation = 1,
                               .momentum = 0.9, .eps = 1e-5, .scale = true },
                        .node = node, .from = { from }, .nfrom = 1 };
    return p;
}

const int *part_reads(const struct part *p)
{
    return p->more ? p->more : p->from;
}

struct shape part_shape(const struct incoming *g, int part)
{
    return part >= 0 ? g->part[part].l.out : g->input;
}

/* ---- the input ---- */

static bool reads(const struct onnx_node *n, const char *name)
{
    for (int k = 0; k < n->ninputs; k++)
        if (!strcmp(n->inputs[k], name))
            return true;
    return false;
}

/* Operators before which the layout is still unknown. */
static bool passes_layout(const char *op)
{
    static const char *const words[] = { "Sub", "Div", "Mul", "Add", "Cast", "Identity", "Pad",
                                         "Relu", "Clip", "Dropout" };
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (!strcmp(op, words[k]))
            return true;
    return false;
}

/* Does a Transpose from "channels last" to "channels first" follow? 1, 0; -1: nothing tells. */
static int transposed_first(const struct onnx_model *m, const char *name)
{
    for (int i = 0, steps = 0; i < m->nnodes && steps < LOOK_AHEAD; i++) {
        const struct onnx_node *n = &m->nodes[i];
        if (!reads(n, name))
            continue;
        if (passes_layout(n->op) && n->noutputs) {
            name = n->outputs[0];
            steps++;
            continue;
        }
        if (strcmp(n->op, "Transpose"))
            return !strncmp(n->op, "Conv", 4) || strstr(n->op, "Pool") ? 0 : -1;
        for (int a = 0; a < n->nattributes; a++)
            if (!strcmp(n->attributes[a].name, "perm") && n->attributes[a].nints >= 3)
                return n->attributes[a].ints[1] == n->attributes[a].nints - 1;
        return 0;
    }
    return -1;
}

static bool channels_last(const struct onnx_model *m, const struct onnx_value *v)
{
    const int64_t last = v->dims[v->ndims - 1], first = v->dims[1];
    const int said = v->ndims == 3 || v->ndims == 4 ? transposed_first(m, v->name) : 0;
    if (said >= 0)
        return said;
    return v->ndims == 4 && (last == 1 || last == 3 || last == 4)
           && first > last && first != 3 && first != 4 && v->dims[2] > last;
}

static void set_group(struct value *v, int dim, int axis)
{
    if (v->dims[dim] > 1) {
        v->group[dim].axis[0] = axis;
        v->group[dim].count = 1;
    }
}

static bool incoming_input(struct incoming *g, const struct onnx_value *in)
{
    struct value v = { .kind = VALUE_MAP, .ndims = in->ndims, .part = INPUT, .node = -1,
                       .via = -1 };
    if (in->ndims < 2 || in->ndims > 4)
        return refuse(g, -1, "input \"%s\" has %d dimensions%s; images (batch, channels, height, "
                      "width), rows (batch, channels, length) and (batch, values) can be said",
                      in->name, in->ndims < 0 ? 0 : in->ndims, in->ndims < 0 ? ": its shape is not "
                      "in the file" : "");
    for (int k = 0; k < in->ndims; k++) {
        v.dims[k] = in->dims[k];
        if (k && (in->dims[k] < 1 || in->dims[k] > INPUT_SIDE))
            return refuse(g, -1, "input \"%s\": dimension %d has no size in the file; export the "
                          "model with images of a fixed size, the batch alone may be any", in->name,
                          k);
    }
    v.dims[0] = g->batch = in->dims[0] > 0 ? in->dims[0] : SOME_BATCH;
    const bool last = !g->own && channels_last(g->model, in);
    const int nd = in->ndims, c = last ? nd - 1 : 1, h = nd == 4 ? (last ? 1 : 2) : 0;
    const int w = nd > 2 ? (last ? nd - 2 : nd - 1) : 0;
    g->input = (struct shape){ (int)v.dims[c], h ? (int)v.dims[h] : 1, w ? (int)v.dims[w] : 1 };
    set_group(&v, c, AXIS_C);
    if (h)
        set_group(&v, h, AXIS_H);
    if (w)
        set_group(&v, w, AXIS_W);
    g->input_value = incoming_add_value(g, in->name, v);
    return true;
}

/* How many of a node's inputs it reads the values of: of others, the last ones, shape or type. */
static int reads_of(const struct onnx_node *n)
{
    return !strcmp(n->op, "Shape") || !strcmp(n->op, "Size") ? 0
           : !strcmp(n->op, "CastLike") && n->ninputs > 1 ? 1 : n->ninputs;
}

static void count_uses(struct incoming *g)
{
    const struct onnx_model *m = g->model;
    int n = 0;
    for (int i = 0; i <= m->nnodes; i++) {
        const int names = i < m->nnodes ? reads_of(&m->nodes[i]) : m->noutputs;
        for (int k = 0; k < names; k++) {
            const char *name = i < m->nnodes ? m->nodes[i].inputs[k] : m->outputs[k].name;
            int at = names_find(&g->uses, name);
            if (at < 0) {
                names_add(&g->uses, name, at = n++);
                g->use = grow(g->use, (size_t)n, sizeof *g->use);
                g->use[at] = 0;
            }
            g->use[at]++;
        }
    }
}

int incoming_uses(const struct incoming *g, const char *name)
{
    const int at = names_find(&g->uses, name);
    return at < 0 ? 0 : g->use[at];
}

bool incoming_open(struct incoming *g, const struct onnx_model *model, const char *path)
{
    *g = (struct incoming){ .path = path, .model = model, .input_value = -1,
                            .own = !strcmp(model->producer, "lathe") };
    count_uses(g);
    for (int k = 0; k < model->ntensors; k++) {
        const struct onnx_tensor *t = &model->tensors[k];
        struct value v = { .kind = VALUE_CONSTANT, .ndims = t->ndims, .constant = t, .node = -1,
                           .via = -1 };
        memcpy(v.dims, t->dims, sizeof v.dims);
        incoming_add_value(g, t->name, v);
    }
    if (model->ninputs != 1)
        return refuse(g, -1, "%d inputs: a network has one, its images", model->ninputs);
    if (model->noutputs != 1)
        return refuse(g, -1, "%d outputs: a network has one, its scores; export the model without "
                      "the others", model->noutputs);
    return incoming_input(g, &model->inputs[0]);
}

static void check_tensors(struct incoming *g, const struct part *p)
{
    for (int t = 0; t < PART_TENSORS; t++)
        for (size_t k = 0; k < p->count[t]; k++)
            if (!isfinite((float)p->tensor[t][k])) {
                refuse(g, p->node, "its parameters hold %g, no number to compute with in float32",
                       p->tensor[t][k]);
                return;
            }
}

void incoming_check_tensors(struct incoming *g)
{
    for (int k = 0; k < g->nparts; k++)
        check_tensors(g, &g->part[k]);
}
