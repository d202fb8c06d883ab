/*
** ranks.h - processes under mpirun that train one network together. Rank 0 runs the program; the
** others follow: they open the same network, and do their share of every step that rank 0 begins.
** All have all parameters and statistics, with the same bits as one process; of an affine weight's
** moments each has its panels'. What is summed over images is sent as it is and added by who needs
** it, in the program's order. Without MPI (lathe build --mpi) there is one rank.
*/
#ifndef LATHE_RANKS_H
#define LATHE_RANKS_H

#include "core/ranks_step.h"
#include "core/update.h"

#if LATHE_MPI

/* A program's first act, and its last, which gives the exit status. Between them what a rank but 0
** prints goes nowhere, unless it is alone with its failure. */
void ranks_begin(int *argc, char ***argv);
int ranks_end(int status);

int ranks_number(void);          /* this process', from 0 */
int ranks_count(void);

/* Rank 0, with the engine of a run: from now on its steps are shared. data: where every rank has
** the data, and feeds its own images where it is told in time which, their hash; else 0. False: err
** says which rank has another program, or other data. */
bool ranks_lead(struct engine *e, uint64_t data, char *err);

/* Any other rank: its share of all steps, until rank 0 ends. feed: what hands engine_beside images
** `first` to end - 1 of the step after the next one, or NULL: rank 0 sends all. */
bool ranks_follow(struct engine *e, uint64_t data, ranks_feed_fn *feed, void *context, char *err);

/* Rank 0's next step works beside on the images of the one after it, which `next` tells until then.
** Returns how many of the n, from the first, are for rank 0 to feed. */
int ranks_feeds(int n, const struct ranks_next *next);

/* engine_update in MODE_TRAIN or, where clip is above 0, update_clipped; for that and for Muon only
** rank 0's engine needs to have memory yet. */
double ranks_step(struct engine *e, int n, const int32_t *labels, double clip);

/* engine_infer; the scores come to rank 0. */
void ranks_infer(struct engine *e, int n);

/* Rank 0's engine has all moments, too, until the next step. */
void ranks_collect(struct engine *e);

struct ranks_traffic ranks_traffic(const struct model *m);

#else

static inline void ranks_begin(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
}

static inline int ranks_end(int status)
{
    return status;
}

static inline struct ranks_traffic ranks_traffic(const struct model *m)
{
    (void)m;
    return (struct ranks_traffic){ .steps = 0 };
}

static inline int ranks_number(void)
{
    return 0;
}

static inline int ranks_count(void)
{
    return 1;
}

static inline bool ranks_lead(struct engine *e, uint64_t data, char *err)
{
    (void)e;
    (void)data;
    (void)err;
    return true;
}

static inline bool ranks_follow(struct engine *e, uint64_t data, ranks_feed_fn *feed,
                                void *context, char *err)
{
    (void)feed;
    (void)context;
    return ranks_lead(e, data, err);
}

static inline int ranks_feeds(int n, const struct ranks_next *next)
{
    (void)next;
    return n;
}

static inline double ranks_step(struct engine *e, int n, const int32_t *labels, double clip)
{
    return clip > 0 ? update_clipped(e, n, labels, clip)
                    : engine_update(e, n, labels, MODE_TRAIN);
}

static inline void ranks_infer(struct engine *e, int n)
{
    engine_infer(e, n);
}

static inline void ranks_collect(struct engine *e)
{
    (void)e;
}

#endif

#endif
