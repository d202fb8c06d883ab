/*
** attribute.c - what a node says beside its inputs. It must never refuse anything.
*/
#include "exchange/attribute.h"

#include <string.h>

const struct onnx_attribute *attribute(const struct onnx_node *n, const char *name)
{
    for (int k = 0; k < n->nattributes; k++)
        if (!strcmp(n->attributes[k].name, name))
            return &n->attributes[k];
    return NULL;
}

int64_t attribute_int(const struct onnx_node *n, const char *name, int64_t unless)
{
    const struct onnx_attribute *a = attribute(n, name);
    return a && a->type == ONNX_INT ? a->i : unless;
}

double attribute_float(const struct onnx_node *n, const char *name, double unless)
{
    const struct onnx_attribute *a = attribute(n, name);
    return a && a->type == ONNX_FLOAT ? (double)a->f : unless;
}

const char *attribute_text(const struct onnx_node *n, const char *name, const char *unless)
{
    const struct onnx_attribute *a = attribute(n, name);
    return a && a->type == ONNX_TEXT ? a->s : unless;
}

struct value *node_input(const struct incoming *g, int node, int k)
{
    const struct onnx_node *n = &g->model->nodes[node];
    const int at = k < n->ninputs ? incoming_value(g, n->inputs[k]) : -1;
    return at < 0 ? NULL : &g->value[at];
}

const struct onnx_tensor *node_constant(const struct incoming *g, int node, int k)
{
    const struct value *v = node_input(g, node, k);
    return v && v->kind == VALUE_CONSTANT ? v->constant : NULL;
}

int node_ints(const struct incoming *g, int node, const char *name, int k, int64_t *out, int most)
{
    const struct onnx_attribute *a = attribute(&g->model->nodes[node], name);
    const struct onnx_tensor *t = k < 0 ? NULL : node_constant(g, node, k);
    if (a && a->type == ONNX_INTS) {
        if (a->nints > most)
            return -2;
        for (int i = 0; i < a->nints; i++)
            out[i] = a->ints[i];
        return a->nints;
    }
    if (!t)
        return k >= 0 && node_input(g, node, k) ? -2 : -1;
    if (t->count > (size_t)most)
        return -2;
    for (size_t i = 0; i < t->count; i++)
        out[i] = t->values[i] > 0x1p62 ? INT64_MAX : t->values[i] < -0x1p62 ? INT64_MIN
                 : (int64_t)t->values[i];
    return (int)t->count;
}

bool is_order(const int64_t *perm, int ndims)
{
    unsigned seen = 0;
    for (int k = 0; k < ndims; k++)
        if (perm[k] >= 0 && perm[k] < ndims)
            seen |= 1u << perm[k];
    return seen == (1u << ndims) - 1;
}

bool axis_of(int64_t axis, int ndims, int *out)
{
    if (axis < -ndims || axis >= ndims)
        return false;
    *out = (int)(axis < 0 ? axis + ndims : axis);
    return true;
}
