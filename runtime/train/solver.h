/*
** solver.h - trains a network as the course's Solver does (CS231n, cs231n/solver.py:
** the same iterations, checks, lines), with the same bits for every thread count.
** It must never allocate, read or write inside a step, nor know who watches it (observer.h).
*/
#ifndef LATHE_SOLVER_H
#define LATHE_SOLVER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/engine.h"
#include "core/ranks.h"
#include "data/data.h"
#include "data/feed.h"
#include "train/observer.h"
#include "train/state.h"

struct solver_report {
    long iterations;
    double best_check;            /* negative without a validation set */
    bool diverged;                /* why it failed: something is no longer finite */
    double loss;                  /* of the last iteration */
    bool stopped;                 /* early: no better check for as long as asked */
    bool complete;                /* trained to the end, whatever could not be written */
    long planned;                 /* iterations of the whole run */
    double images_per_second;     /* of the training steps alone */

    /* What keep.c adds. */
    bool saved;                   /* parameters were written */
    long kept;                    /* iteration of the last checkpoint written; 0: none */
    int interrupted;              /* by this signal before the end; 0: not */
};

enum solver_phase { SOLVER_BEGINS, SOLVER_TRAINS, SOLVER_HALTS, SOLVER_ENDS };

struct solver {
    struct engine *engine;
    const struct dataset *data;
    const struct preprocess *preprocess;
    const struct solver_options *options;
    struct solver_report *report;
    struct solver_state state;
    enum solver_phase phase;
    long per_epoch, total;        /* iterations */
    long first;                   /* iterations done when this run began or went on */
    int batch;
    double busy;                  /* seconds spent in steps */
    double train_check, val_check;    /* of the last one: accuracies, or losses where there are
                                         no labels; negative: none yet */
    bool checked;                 /* after the last iteration, */
    bool better;                  /* and it was the best yet */
    const char *trouble;          /* why the run failed; NULL: it did not */

    /* Nobody else's. */
    const struct observer *observer; int observers;
    uint32_t *chosen;             /* [batch] */
    struct feed feed;             /* of the images chosen, */
    struct ranks_next next;       /* which other ranks are told */
    bool fed;                     /* the next iteration's are in the input buffer */
    uint32_t *order;              /* [train.count], when images are shuffled, */
    long order_epoch;             /* in this epoch; -1: not yet */
    uint32_t *drawn;              /* a check's training images */
    char *err;
};

/* Iterations of one epoch and of the whole run for `images` training images; 0: more than a run
** can have. */
long solver_epoch_iterations(const struct solver_options *o, size_t images);
long solver_iterations(const struct solver_options *o, size_t images);

/* Where a run would begin: nothing is done yet. False: err says why; close it all the same. */
bool solver_open(struct solver *s, struct engine *e, const struct dataset *data,
                 const struct preprocess *p, const struct solver_options *o,
                 struct solver_report *report, char *err);

/* After s->state was brought to where another run stopped: from here it goes on. False: its
** history cannot be read. */
bool solver_take_up(struct solver *s);

/*
** Trains to the end, or until an observer stops it. False: err says why; a loss that is not finite
** stops with the iteration's number. Where only what observers write is not there at the end, the
** report says `complete`.
*/
bool solver_run(struct solver *s, const struct observer *observer, int observers, char *err);
void solver_close(struct solver *s);

/* All of it, watched by nobody, from the parameters in the engine. */
bool solver_train(struct engine *e, const struct dataset *data, const struct preprocess *p,
                  const struct solver_options *o, struct solver_report *report, char *err);

bool solver_over(const struct solver *s);       /* no iteration is due any more */
double solver_rate(const struct solver *s);     /* images a second, of the steps alone */

#endif
