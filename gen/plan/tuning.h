/*
** tuning.h - a tuning file: which candidates to take instead of the cost model's. `lathe tune`
** writes it, `emit`, `build` and `show` read it. Text, one choice a line, # begins a comment:
**
**     net vgg_small avx512 f32        what the lines below are for
**     conv1_fwd tile 1x8x2            of what, which choice, the candidate
**
** A file may hold several networks, instruction sets and types.
*/
#ifndef LATHE_TUNING_H
#define LATHE_TUNING_H

#include "plan/choice.h"

/* The lines for net's name, instruction set and type, into t. False: messages were printed. */
bool tuning_read(struct tuning *t, const char *path, const struct net *net);
/* Once all is chosen: false, with messages, where a line of a file names what net has not. t may
** be NULL. */
bool tuning_fits(const struct tuning *t, const struct net *net);

#endif
