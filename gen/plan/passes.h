/*
** passes.h - the passes that take a network from text to a plan. Each fills the fields that net.h
** lists under its name, reads those of passes before it, and asserts that they are there.
*/
#ifndef LATHE_PASSES_H
#define LATHE_PASSES_H

#include "base/net.h"

struct pass {
    const char *name;           /* of its file; `-d NAME` prints what it filled */
    const char *what;           /* for help */
    bool (*run)(struct net *);  /* false: messages were printed, there is no network */
};
extern const struct pass passes[];
extern const int npasses;

/* All: false after a message, where the network cannot be. */

/* Sizes, padding, parameters and FLOP of every layer. */
bool shape(struct net *net);
/* Stages. */
bool fuse(struct net *net);
/* How maps lie in memory. */
bool layout(struct net *net);
/* The convolutions of conv stages in each direction, and their algorithms. */
bool sweeps(struct net *net);
/* Stages of inference that hold a norm in their weights. */
bool fold(struct net *net);
/* Tiles and blocks, the first that looks at the machine; net->tuning's lines are to fit it. */
bool block(struct net *net);
/* Parameters and what is said of them. */
bool params(struct net *net);
/* Regions of a step and of inference. */
bool regions(struct net *net);
/* Where buffers lie; emitted code can address no arena above 2^31 reals. */
bool mem(struct net *net);
/* Values at which the loss has a kink. */
bool kinks(struct net *net);

#endif
