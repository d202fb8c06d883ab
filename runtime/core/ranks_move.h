/*
** ranks_move.h - this process among the ranks, and what they send each other: ranks.h is for all
** others.
*/
#ifndef LATHE_RANKS_MOVE_H
#define LATHE_RANKS_MOVE_H

#include <stdio.h>

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

#if LATHE_MPI

struct ranks_state {
    int number, count;
    bool leads, each_reads, ended;
    bool fed;                    /* each rank has its images of the next step */
    const struct ranks_next *next;      /* those of the one after it, or NULL */
    FILE *said;                  /* stderr of a rank but 0, until it is wanted */
    int terminal;                /* the real one */
    struct engine_share share;
    unsigned char *body;
    size_t body_size;
    int *counts, *starts;        /* [count] */
    real *before;                /* [RANKS_SEGMENT] */
    struct ranks_traffic traffic;
};
extern struct ranks_state ranks;

/* The end of all ranks, with what this one has said. */
void ranks_abort(const char *what);
/* What MPI's calls return: all that is not good ends all ranks. */
void ranks_sure(int code);

/* engine_share's. */
void ranks_exchange(const struct engine *e, const struct exchange *x);
/* From rank 0: bytes; the batch's images to each its own, with what they are compared with;
** parameters and moments. */
void ranks_broadcast(void *bytes, size_t size);
void ranks_images(struct engine *e);
void ranks_parameters(struct engine *e);
/* Memory for them. */
bool ranks_move_open(void);
void ranks_move_close(void);

#endif

#endif
