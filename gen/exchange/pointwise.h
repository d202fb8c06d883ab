/*
** pointwise.h - operators that make of each value one of its own, and the layers of the network
** file that they come to. Whatever nodes a function is put together of, it is told by what it makes
** of a few hundred numbers: x*Sigmoid(x), Gelu by Erf, Clip(x + 3, 0, 6)*x/6.
*/
#ifndef LATHE_POINTWISE_H
#define LATHE_POINTWISE_H

#include "exchange/incoming.h"

enum { POINTWISE_INPUTS = 8 };

/* What an operator makes of its inputs; nan: an attribute or an input is none that it may have. */
typedef double pointwise_fn(const struct onnx_node *n, const double *x, int count);

struct pointwise_def {
    const char *op;
    pointwise_fn *f;
    const char *attributes;     /* that it understands */
    const char *advice;         /* where it comes to no layer; NULL: in general */
};
const struct pointwise_def *pointwise_find(const char *op);

/* The part that a value is, or becomes: a MAP's own, of a POINTWISE a layer that is made now.
** PART_NONE: it was refused. */
int pointwise_part(struct incoming *g, int value);

/* The node's only output: a function of its inputs, of which some are maps or functions of one map,
** all of the same, and the others single constants. False: they are others. */
bool pointwise_node(struct incoming *g, int node);

/* x*a + b of a part, a and b one a channel: into what comes before it, where nothing else reads
** that, else a batchnorm. Returns the part. `per`: values of b a channel, more than 1 before any
** layer alone (a mean image). */
int pointwise_affine(struct incoming *g, int node, int value, const double *a, const double *b,
                     size_t per);

#endif
