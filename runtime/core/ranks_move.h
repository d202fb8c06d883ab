/*
** ranks_move.h - this process among the ranks, and what they send each other: ranks.h is for all
** others.
*/
#ifndef LATHE_RANKS_MOVE_H
#define LATHE_RANKS_MOVE_H

#include "core/ranks_step.h"

#if LATHE_MPI

#include <mpi.h>
#include <stdio.h>

#define REALS (LATHE_F64 ? MPI_DOUBLE : MPI_FLOAT)

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
    MPI_Comm sums;               /* ranks_sum.c's, whose broadcasts no other collective awaits */
    int *counts, *starts;        /* [count] */
    MPI_Request *requests;       /* [pending] are under way; room for what comes */
    int pending;
    struct ranks_traffic traffic;
};
extern struct ranks_state ranks;

/* The end of all ranks, with what this one has said. */
void ranks_abort(const char *what);
/* What MPI's calls return: all that is not good ends all ranks. */
void ranks_sure(int code);

/* By all ranks together: for --traffic. */
void ranks_moved(double reals);

/* Exchanges: of images; of columns; of a weight's panels and, on demand, their moments, which go on
** until they are settled. */
void ranks_gather(const struct engine *e, const struct exchange *x);
void ranks_turn(const struct engine *e, const struct exchange *x);
void ranks_panels(const struct engine *e, const struct exchange *x);
void ranks_moments(const struct engine *e);
void ranks_settle(void);

/* From rank 0: bytes; the batch's images to each its own, with what they are compared with;
** parameters, with their moments or without. */
void ranks_broadcast(void *bytes, size_t size);
void ranks_images(struct engine *e);
void ranks_parameters(struct engine *e, bool moments);
/* Memory for them. */
bool ranks_move_open(const struct model *m);
void ranks_move_close(void);

#endif

#endif
