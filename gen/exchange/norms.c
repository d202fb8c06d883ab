/*
** norms.c - batchnorms, slopes, dropouts.
*/
#include "exchange/norms.h"

#include <string.h>

#include "exchange/attribute.h"
#include "exchange/pointwise.h"
#include "exchange/views.h"

static double *copied(const struct onnx_tensor *t)
{
    double *to = alloc(t->count + 1, sizeof *to);
    memcpy(to, t->values, t->count*sizeof *to);
    return to;
}

/* Ones that `lathe export` puts where the network has no gamma. */
static bool without_gamma(const char *name)
{
    static const char ones[] = "/ones";
    const size_t length = strlen(name), end = sizeof ones - 1;
    return length > end && !strcmp(name + length - end, ones);
}

bool batch_norm(struct incoming *g, int node)
{
    const struct onnx_node *n = &g->model->nodes[node];
    const int from = view_map(g, node, first_input(g, node));
    if (from == PART_NONE)
        return false;
    if (attribute_int(n, "training_mode", 0))
        return refuse(g, node, "attribute training_mode: 1; export the model in evaluation mode");
    if (!attribute_int(n, "spatial", 1))
        return refuse(g, node, "attribute spatial: 0; means of channels can be said");
    const size_t c = (size_t)part_shape(g, from).c;
    for (int k = 1; k <= PART_TENSORS; k++) {
        const struct onnx_tensor *t = node_constant(g, node, k);
        if (!t || t->count != c)
            return refuse(g, node, "its input %d is %s, of %zu channels", k,
                          t ? "another number of values" : "no constant", c);
    }
    struct part *p = incoming_add_part(g, LAYER_BATCHNORM, node, from);
    for (int k = 0; k < PART_TENSORS; k++) {
        p->tensor[k] = copied(node_constant(g, node, k + 1));
        p->count[k] = c;
    }
    p->l.eps = attribute_float(n, "epsilon", 1e-5);
    p->l.momentum = attribute_float(n, "momentum", 0.9);
    p->l.scale = !without_gamma(n->inputs[1]);
    p->hint[0] = n->inputs[p->l.scale ? 1 : 2];
    p->hint[1] = n->name;
    p->hint[2] = n->inputs[3];
    const int in = first_input(g, node);
    add_like(g, node, in, g->nparts - 1);
    return true;
}

bool prelu(struct incoming *g, int node)
{
    const struct onnx_node *n = &g->model->nodes[node];
    const int value = first_input(g, node), from = pointwise_part(g, value);
    const struct onnx_tensor *t = node_constant(g, node, 1);
    size_t per;
    if (from == PART_NONE)
        return false;
    double *slope = t ? view_constant(g, value, t, &per) : NULL;
    if (!slope || per != 1)
        return refuse(g, node, "its slopes are %s; one, or one a channel, can be said",
                      t ? "others for each pixel" : "no constant");
    struct part *p = incoming_add_part(g, LAYER_PRELU, node, from);
    p->tensor[0] = slope;
    p->count[0] = (size_t)part_shape(g, from).c;
    p->hint[0] = n->inputs[1];
    p->hint[1] = n->name;
    add_like(g, node, value, g->nparts - 1);
    return true;
}

bool dropout(struct incoming *g, int node)
{
    const struct onnx_node *n = &g->model->nodes[node];
    const struct onnx_tensor *t = node_constant(g, node, 1);
    const int value = first_input(g, node), from = pointwise_part(g, value);
    const double ratio = t && t->count == 1 ? t->values[0] : attribute_float(n, "ratio", 0.5);
    if (from == PART_NONE)
        return false;
    if (n->noutputs > 1 && incoming_uses(g, n->outputs[1]))
        return refuse(g, node, "its second output, the mask, is asked for");
    if (!(ratio > 0 && ratio < 1))
        return view_same(g, node);
    struct part *p = incoming_add_part(g, LAYER_DROPOUT, node, from);
    p->l.number[0] = 1 - (double)(float)ratio;
    add_like(g, node, value, g->nparts - 1);
    return true;
}
