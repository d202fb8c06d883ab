/*
** constants.h - what a program that only runs a network reads and never writes: weights as its
** kernels want them, with batchnorms in them where the plan has folded them.
*/
#ifndef LATHE_CONSTANTS_H
#define LATHE_CONSTANTS_H

#include "base/net.h"
#include "exchange/parameters.h"

enum constant_kind { CONSTANT_WEIGHTS, CONSTANT_BIAS, CONSTANT_COEFFICIENTS, CONSTANT_SLOPES,
                     CONSTANT_MEAN, CONSTANT_FACTOR, CONSTANT_KINDS };

struct constant {
    int node;                   /* of net->stream that reads it */
    enum constant_kind kind;
    float *values;
    size_t count, at;           /* reals; where it lies in a file of all of them */
};

struct constants {
    struct constant *all; int count;
    size_t total;               /* reals */
};

/*
** All of a network's, which was planned for inference, in the order of its nodes. whole: the same
** network, as training knows it, whose parameters p are. False: err says which one is no finite
** number when a batchnorm is in it.
*/
bool constants_make(struct constants *c, const struct net *net, const struct net *whole,
                    const struct parameters *p, char *err);
void constants_free(struct constants *c);

/* NULL: the node has none. */
const struct constant *constant_of(const struct constants *c, int node, enum constant_kind kind);

#endif
