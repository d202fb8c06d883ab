/*
** grad.c - the operations of one training step: forward in the order of the
** layers, then the gradients backwards. A gradient to the data is there only if
** a layer below has parameters: the first one's input gradient is nobody's.
*/
#include <assert.h>

#include "layers.h"

static void add(struct net *net, enum op_kind kind, int layer)
{
    net->op = grow(net->op, (size_t)net->nops + 1, sizeof *net->op);
    net->op[net->nops++] = (struct op){ kind, layer };
}

static const struct layer_def *def_of(const struct net *net, int layer)
{
    return layer_def(net->layer[layer].kind);
}

void grad(struct net *net)
{
    assert(net->nlayers > 0 && net->layer[net->nlayers - 1].out.c > 0);
    for (int i = 0; i < net->nlayers; i++)
        add(net, def_of(net, i)->forward, i);
    net->nforward_ops = net->nops;
    for (int i = net->nlayers - 1; i >= 0; i--) {
        const struct layer_def *def = def_of(net, i);
        if (net->layer[i].below)
            add(net, def->data, i);
        if (def->weights != OP_KINDS)
            add(net, def->weights, i);
    }
}
