/*
** node_calls.h - what makes some rows of a node's map (plan/stream.c), as statements.
*/
#ifndef LATHE_NODE_CALLS_H
#define LATHE_NODE_CALLS_H

#include "exchange/constants.h"
#include "print/emission.h"
#include "print/inference_options.h"

struct node_calls {
    struct emission e;
    const struct constants *constants;
    const struct inference_options *options;
    struct text *node;          /* the statements of each, which know `from` and `to` */
};

/* Prints the kernels of all nodes into out. */
void node_calls_open(struct node_calls *c, const struct net *net, const struct constants *constants,
                     const struct inference_options *o, struct text *out);
void node_calls_close(struct node_calls *c);

/* Makes room in the node's window and fills it. */
void put_call(const struct node_calls *c, int node, struct text *out);

/* "conv1__weights" */
struct part_name constant_name(const struct net *net, const struct constant *c);

#endif
