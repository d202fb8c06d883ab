/*
** solver.h - trains a network as the course's Solver does (CS231n, cs231n/solver.py:
** the same iterations, checks, lines), with the same bits for every thread count.
** It must never allocate, read or write inside a step.
*/
#ifndef LATHE_SOLVER_H
#define LATHE_SOLVER_H

#include <stdbool.h>
#include <stdint.h>

#include "average.h"
#include "data.h"
#include "engine.h"
#include "rules.h"

/* How far a run is. */
struct solver_state {
    long iteration, epoch;        /* completed */
    struct rules rules;           /* and each parameter's rates and powers */
    struct average average;
    double best_val_acc;          /* negative: none yet */
    long checks_since;            /* the best */
};

struct solver_report {
    long iterations;
    double best_val_acc;          /* negative without a validation set */
    bool saved;                   /* parameters were written */
    bool diverged;                /* why it failed: something is no longer finite */
    double loss;                  /* of the last iteration */
    bool stopped;                 /* early: no better check for as long as asked */
    double images_per_second;     /* of the training steps alone */
};

/* Iterations of one epoch and of the whole run for `images` training images. */
long solver_epoch_iterations(const struct solver_options *o, size_t images);
long solver_iterations(const struct solver_options *o, size_t images);

/*
** Trains from the parameters in the engine. False: err says why; a loss that is not
** finite stops with the iteration's number, and what was saved before stays.
*/
bool solver_train(struct engine *e, const struct dataset *data, const struct preprocess *p,
                  const struct solver_options *o, struct solver_report *report, char *err);

#endif
