/*
** grad.c - the operations of one training step: forward in the order of the
** layers, then the gradients backwards. A gradient to the data is there only if
** a layer below has parameters: the first one's input gradient is nobody's.
*/
#include <assert.h>

#include "net.h"

static void add(struct net *net, enum op_kind kind, int layer)
{
    net->op = grow(net->op, (size_t)net->nops + 1, sizeof *net->op);
    net->op[net->nops++] = (struct op){ kind, layer };
}

static bool has_parameters(const struct layer *layer)
{
    return layer->kind == LAYER_CONV || layer->kind == LAYER_AFFINE;
}

static void backward(struct net *net, int layer, bool below)
{
    static const struct { enum op_kind weights, data; } gradient[LAYER_KINDS] = {
        [LAYER_CONV] = { OP_CONV_WGRAD, OP_CONV_DGRAD },
        [LAYER_AFFINE] = { OP_AFFINE_WGRAD, OP_AFFINE_DGRAD },
        [LAYER_RELU] = { OP_KINDS, OP_POINTWISE_GRAD },
        [LAYER_LEAKY_RELU] = { OP_KINDS, OP_POINTWISE_GRAD },
        [LAYER_GELU] = { OP_KINDS, OP_POINTWISE_GRAD },
        [LAYER_TANH] = { OP_KINDS, OP_POINTWISE_GRAD },
        [LAYER_SIGMOID] = { OP_KINDS, OP_POINTWISE_GRAD },
        [LAYER_MAXPOOL] = { OP_KINDS, OP_MAXPOOL_GRAD },
        [LAYER_SOFTMAX] = { OP_KINDS, OP_LOSS_GRAD },
        [LAYER_SVM] = { OP_KINDS, OP_LOSS_GRAD },
    };
    enum layer_kind kind = net->layer[layer].kind;
    if (below)
        add(net, gradient[kind].data, layer);
    if (gradient[kind].weights != OP_KINDS)
        add(net, gradient[kind].weights, layer);
}

void grad(struct net *net)
{
    static const enum op_kind forward[LAYER_KINDS] = {
        [LAYER_CONV] = OP_CONV, [LAYER_RELU] = OP_POINTWISE, [LAYER_MAXPOOL] = OP_MAXPOOL,
        [LAYER_AFFINE] = OP_AFFINE, [LAYER_SOFTMAX] = OP_LOSS,
        [LAYER_SVM] = OP_LOSS, [LAYER_LEAKY_RELU] = OP_POINTWISE, [LAYER_GELU] = OP_POINTWISE,
        [LAYER_TANH] = OP_POINTWISE, [LAYER_SIGMOID] = OP_POINTWISE,
    };
    assert(net->nlayers > 0 && net->layer[net->nlayers - 1].out.c > 0);
    for (int i = 0; i < net->nlayers; i++)
        add(net, forward[net->layer[i].kind], i);
    net->nforward_ops = net->nops;
    int first = 0;
    while (first < net->nlayers && !has_parameters(&net->layer[first]))
        first++;
    for (int i = net->nlayers - 1; i >= first; i--)
        backward(net, i, i > first);
}
