/*
** buffers.h - what a stage's buffers are, and where all buffers lie.
*/
#ifndef LATHE_BUFFERS_H
#define LATHE_BUFFERS_H

#include "base/net.h"

/* What a buffer is, where one of a stage is like every other. Without a row: a parameter's, or
** another stage's. */
struct buffer_def {
    const char *name;           /* after the stage's */
    bool scratch;               /* of each thread, for a region of the stage alone */
    bool keep;                  /* what it holds must last: zeros, or what steps leave */
    bool infer;                 /* inference touches it where it runs the stage */
};
extern const struct buffer_def buffer_defs[STAGE_BUFFERS];

enum { UNIT = ALIGN / sizeof(float) };  /* buffers start at multiples of it, in both types */

/* What inference touches in front: kept buffers, then maps, which share memory, as do the
** gradients after them; last what is kept for training alone. */
size_t place_arena(struct net *net);
/* A thread's scratch: kept maps one after the other, then the rest of one
** stage, every stage in the same place. */
size_t place_scratch(struct net *net);

#endif
