/*
** solver.h - trains a network as the course's Solver does (CS231n, cs231n/solver.py:
** the same iterations, checks, lines), with the same bits for every thread count.
** It must never allocate, read or write inside a step.
*/
#ifndef LATHE_SOLVER_H
#define LATHE_SOLVER_H

#include <stdbool.h>
#include <stdint.h>

#include "train/average.h"
#include "data/data.h"
#include "core/engine.h"
#include "page/history.h"
#include "train/rules.h"

/* How far a run is: with the engine's parameters and moments all that the next iteration needs,
** and all that is in a checkpoint. Whoever adds to it adds to checkpoint.c. */
struct solver_state {
    long iteration, epoch;        /* completed */
    long planned;                 /* iterations of the whole run */
    struct rules rules;           /* and each parameter's rates and powers */
    struct average average;
    struct history history;
    double lr;                    /* with lr_decay, without the schedule: for the history */
    double best_val_acc;          /* negative: none yet */
    long checks_since;            /* the best */
    real *best;                   /* its parameters, canonical, or NULL where nobody saves them */
};

struct solver_report {
    long iterations;
    double best_val_acc;          /* negative without a validation set */
    bool saved;                   /* parameters were written */
    bool diverged;                /* why it failed: something is no longer finite */
    double loss;                  /* of the last iteration */
    bool stopped;                 /* early: no better check for as long as asked */
    int interrupted;              /* by this signal before the end; 0: not */
    long kept;                    /* iteration of the last checkpoint written; 0: none */
    bool complete;                /* trained to the end, whatever could not be written */
    long planned;                 /* iterations of the whole run */
    double images_per_second;     /* of the training steps alone */
};

/* Iterations of one epoch and of the whole run for `images` training images; 0: more than a run
** can have. */
long solver_epoch_iterations(const struct solver_options *o, size_t images);
long solver_iterations(const struct solver_options *o, size_t images);

/*
** Trains from the parameters in the engine, or goes on from a checkpoint: then with the bits,
** files and lines that the run would have had without a stop. False: err says why; a loss that is
** not finite stops with the iteration's number, and what was saved before stays.
** A file that cannot be written on the way is no reason to stop: a warning says so once, each next
** time tries again, and what is not there at the end makes the run fail, `complete`.
*/
bool solver_train(struct engine *e, const struct dataset *data, const struct preprocess *p,
                  const struct solver_options *o, struct solver_report *report, char *err);

#endif
