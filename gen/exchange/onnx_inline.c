/*
** onnx_inline.c - a model's own functions: a node that calls one becomes the function's nodes, with
** the call's values and attributes in them. It must end whatever calls what: calls have a depth,
** and calls and nodes a number.
*/
#include "exchange/onnx_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/error.h"
#include "base/die.h"
#include "base/names.h"
#include "base/text.h"

enum { DEPTH = 16 };

struct inliner {
    struct onnx_file *file;
    struct names functions;
    struct onnx_file_node *nodes; int nnodes;
    int calls;
    char *err;
};

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static const char *own(const char *domain)
{
    return !domain || !strcmp(domain, "ai.onnx") ? "" : domain;
}

/* What a call and its function have in common. */
static void key_of(struct text *key, const char *domain, const char *name, const char *overload)
{
    key->length = 0;
    text_printf(key, "%s\n%s\n%s", own(domain), or_empty(name), or_empty(overload));
}

static const struct onnx_function *called(const struct inliner *in, const struct onnx_file_node *n)
{
    struct text key = { 0 };
    key_of(&key, n->n.domain, n->n.op, n->overload);
    int k = names_find(&in->functions, text_string(&key));
    text_free(&key);
    return k < 0 ? NULL : &in->file->model.functions[k];
}

static void *room(struct inliner *in, size_t count, size_t size)
{
    void *at = proto_room(&in->file->heap, count, size);
    if (!at)
        error_set(in->err, "its functions, written out, want more than %d MiB of memory: export it "
                  "without functions", ONNX_MIB);
    return at;
}

/* ---- a function's node in a call ---- */

/* What the function's values are called there. */
struct call {
    const struct onnx_function *f;
    const struct onnx_file_node *by;
    struct names formal;        /* inputs, then outputs */
    int number;
};

static const char *actual(struct inliner *in, const struct call *call, const char *name)
{
    int k = *name ? names_find(&call->formal, name) : -1, ninputs = call->f->ninputs;
    const struct onnx_node *by = &call->by->n;
    if (!*name)
        return name;
    if (k >= 0 && k < ninputs)
        return k < by->ninputs ? by->inputs[k] : "";
    if (k >= ninputs && k - ninputs < by->noutputs && *by->outputs[k - ninputs])
        return by->outputs[k - ninputs];
    size_t size = strlen(name) + 16;
    char *inner = room(in, size, 1);
    if (inner)
        snprintf(inner, size, "%d/%s", call->number, name);
    return inner;
}

static const char **actuals(struct inliner *in, const struct call *call, const char **names, int n)
{
    const char **list = room(in, (size_t)n, sizeof *list);
    for (int k = 0; k < n && list; k++)
        if (!(list[k] = actual(in, call, names[k])))
            return NULL;
    return list;
}

static const struct onnx_file_attribute *attribute(const struct onnx_file_attribute *list, int n,
                                                   const char *name)
{
    for (int k = 0; k < n; k++)
        if (!strcmp(or_empty(list[k].a.name), name))
            return &list[k];
    return NULL;
}

/* One that has its value of the call gets it, or the function's default, or is left out. */
static bool bind_attributes(struct inliner *in, const struct call *call, struct onnx_file_node *n)
{
    const struct onnx_file_attribute *from = n->attributes, *value;
    struct onnx_file_attribute *list = room(in, (size_t)n->nattributes, sizeof *list);
    int count = n->nattributes;
    n->attributes = list;
    n->nattributes = 0;
    for (int k = 0; k < count && list; k++) {
        value = &from[k];
        if (value->from)
            value = attribute(call->by->attributes, call->by->nattributes, value->from);
        if (!value)
            value = attribute(call->f->defaults, call->f->ndefaults, from[k].from);
        if (!value)
            continue;
        list[n->nattributes] = *value;
        list[n->nattributes++].a.name = from[k].a.name;
    }
    return list;
}

static bool bind_node(struct inliner *in, const struct call *call, struct onnx_file_node *n)
{
    size_t size = strlen(or_empty(call->by->n.name)) + strlen(or_empty(n->n.name)) + 2;
    char *name = room(in, size, 1);
    if (name)
        snprintf(name, size, "%s/%s", or_empty(call->by->n.name), or_empty(n->n.name));
    n->n.name = name;
    n->n.inputs = actuals(in, call, n->n.inputs, n->n.ninputs);
    n->n.outputs = actuals(in, call, n->n.outputs, n->n.noutputs);
    return name && n->n.inputs && n->n.outputs && bind_attributes(in, call, n);
}

/* ---- calls ---- */

static bool put(struct inliner *in, const struct onnx_file_node *n)
{
    if (in->nnodes >= ONNX_NODES)
        return error_set(in->err, "has more than %d nodes, its functions written out: export it "
                         "without functions", ONNX_NODES);
    in->nodes = grow(in->nodes, (size_t)in->nnodes + 1, sizeof *in->nodes);
    in->nodes[in->nnodes++] = *n;
    return true;
}

static bool expand(struct inliner *in, const struct onnx_file_node *n, int depth);

static bool expand_call(struct inliner *in, struct call *call, int depth)
{
    const struct onnx_function *f = call->f;
    const struct onnx_opset *mine = in->file->model.opsets;
    int64_t opset = onnx_opset(f->opsets, f->nopsets);
    if (depth == DEPTH || ++in->calls > ONNX_NODES)
        return error_set(in->err, "byte %zu: the function \"%.80s\" calls itself, or too many "
                         "others: export the model without functions", f->place, or_empty(f->name));
    if (opset && opset != onnx_opset(mine, in->file->model.nopsets))
        return error_set(in->err, "byte %zu: the function \"%.80s\" is of opset %lld, the model of "
                         "%lld: export the model without functions", f->place, or_empty(f->name),
                         (long long)opset,
                         (long long)onnx_opset(mine, in->file->model.nopsets));
    call->number = in->calls;
    for (int k = 0; k < f->ninputs + f->noutputs; k++)
        names_add(&call->formal, k < f->ninputs ? f->inputs[k] : f->outputs[k - f->ninputs], k);
    for (int k = 0; k < f->nnodes; k++) {
        struct onnx_file_node inner = f->nodes[k];
        if (!bind_node(in, call, &inner) || !expand(in, &inner, depth + 1))
            return false;
    }
    return true;
}

static bool expand(struct inliner *in, const struct onnx_file_node *n, int depth)
{
    struct call call = { .f = called(in, n), .by = n };
    if (!call.f)
        return put(in, n);
    bool good = expand_call(in, &call, depth);
    names_free(&call.formal);
    return good;
}

static bool expand_all(struct inliner *in)
{
    struct onnx_graph *g = in->file->model.graph;
    for (int k = 0; k < g->nnodes; k++)
        if (!expand(in, &g->nodes[k], 0))
            return false;
    size_t size = (size_t)in->nnodes;
    struct onnx_file_node *nodes = room(in, size, sizeof *nodes);
    if (!nodes)
        return false;
    if (size)
        memcpy(nodes, in->nodes, size*sizeof *nodes);
    g->nodes = nodes;
    g->nnodes = in->nnodes;
    return true;
}

bool onnx_inline(struct onnx_file *file, char *err)
{
    const struct onnx_file_model *m = &file->model;
    struct inliner in = { .file = file, .err = err };
    struct text key = { 0 };
    if (!m->nfunctions)
        return true;
    for (int k = 0; k < m->nfunctions; k++) {
        key_of(&key, m->functions[k].domain, m->functions[k].name, m->functions[k].overload);
        names_add(&in.functions, text_string(&key), k);
    }
    bool good = expand_all(&in);
    free(in.nodes);
    names_free(&in.functions);
    text_free(&key);
    return good;
}
