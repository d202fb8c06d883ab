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

/* All: false after a message, where the network cannot be. Until block none looks at the machine:
** what they decide decides the bits. */

/* Of layers: sizes, padding, parameters, FLOP. */
bool shape(struct net *net);
/* From layers: stages, what each reads, and the part of it that its kind alone has. */
bool fuse(struct net *net);
/* From what reads each stage's output: its maps, with their halos; how weights are stored. */
bool layout(struct net *net);
/* From maps: the sweeps of conv stages in each direction, and algorithms, but for those that
** change no bit; how batchnorm's moments are cut. */
bool sweeps(struct net *net);
/* From stages with a norm after them: net->folded. */
bool fold(struct net *net);
/* From stages, net->isa and net->tuning, whose lines are to fit: tiles, blocks, the algorithms left
** over, net->choice. */
bool block(struct net *net);
/* From stages and the file's groups: net->param. */
bool params(struct net *net);
/* From all of these: net->region, net->infer, with what each takes. */
bool regions(struct net *net);
/* From regions and sizes: net->buffer, and where each lies. Emitted code can address no arena above
** 2^31 reals. */
bool mem(struct net *net);
/* From buffers: net->kink. */
bool kinks(struct net *net);
/* In place of the two before it, from net->infer: net->stream, which may take more than
** net->ram. */
bool stream(struct net *net);

#endif
