/*
** buffers.h - what a stage's buffers are, when they are alive, and where all of them lie.
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

/* A buffer lives in a region, too; NO_BUFFER: nothing does. */
void touch(struct net *net, int buffer, int region);
/* Maps and gradients live while a region of their maker or of a reader may touch them. */
void lifetimes(struct net *net);
/* What inference, folding and the loss touch. */
void mark_inference(struct net *net);

/* Ranges that have their places, in the order of these. */
struct placed { size_t at, end; int first, last; };
/* The lowest place from `start` on that none of the same time takes; it is put among them. */
size_t place(struct placed *placed, int nplaced, size_t size, int first, int last, size_t start);

/* What inference touches in front: kept buffers, then maps, which share memory, as do the
** gradients after them; last what is kept for training alone. */
size_t place_arena(struct net *net);
/* A thread's scratch: kept maps one after the other, then the rest of one
** stage, every stage in the same place. */
size_t place_scratch(struct net *net);

#endif
