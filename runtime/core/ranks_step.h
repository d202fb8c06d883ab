/*
** ranks_step.h - what ranks are told of a step to come, and what steps have moved.
*/
#ifndef LATHE_RANKS_STEP_H
#define LATHE_RANKS_STEP_H

#include "core/engine.h"

#ifndef LATHE_MPI
#define LATHE_MPI 0
#endif

/* The images of a step to come. */
struct ranks_next { const uint32_t *index; uint64_t seed, epoch, iteration; };
typedef void ranks_feed_fn(void *context, struct engine *e, const struct ranks_next *next,
                           int first, int end);

/* Bytes that all ranks have received in steps, of them the images; and what they would receive at
** least if they added all gradients to each other's, as an all-reduce does: of `steps` steps. */
struct ranks_traffic { double moved, images, least; long steps; };

#endif
