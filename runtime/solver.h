/*
** solver.h - trains a network as the course's Solver does (CS231n, cs231n/solver.py:
** the same iterations, checks, lines), with the same bits for every thread count.
** It must never allocate, read or write inside a step.
*/
#ifndef LATHE_SOLVER_H
#define LATHE_SOLVER_H

#include <stdbool.h>
#include <stdint.h>

#include "data.h"
#include "engine.h"

struct solver_options {
    enum update_kind optimizer;
    double rate[RATES];           /* of the optimizer; the learning rate first */
    double lr_decay;              /* lr is multiplied by it after each epoch */
    enum schedule_kind schedule;
    double step_epochs, step_factor;   /* SCHEDULE_STEP */
    double warmup;                /* epochs in which the rate rises */
    struct augment augment;
    double reg;                   /* the loss has 0.5*reg*sum(W*W) */
    double epochs;                /* may be a fraction */
    long iterations;              /* instead of epochs; 0: epochs count */
    int batch;                    /* images of one iteration, at most model->batch */
    bool replacement;             /* draw with replacement; else permutations */
    uint64_t seed;
    long print_every;             /* iterations between loss lines */
    bool quiet;                   /* no lines, no bar */
    const char *history;          /* CSV to write, or NULL */
    const char *params;           /* where the best parameters go, or NULL */
};

/* The network file's settings; seed 1, a line every 10 iterations. */
void solver_defaults(struct solver_options *o, const struct model *model);

/* What one update needs to know of those before it. Running products in double:
** pow() would give other bits elsewhere. */
struct solver_state {
    long iteration, epoch;        /* completed */
    double lr;                    /* with lr_decay, without the schedule */
    double schedule;              /* this iteration's factor */
    double beta1_power, beta2_power;   /* beta^t */
};

void solver_start(struct solver_state *s, const struct solver_options *o);

/*
** What the schedule multiplies the learning rate of iteration t (from 0) with, of a run
** of `total` iterations, `per_epoch` an epoch. Over the first w = warmup*per_epoch
** iterations (t + 1)/(w + 1); behind them, with p = (t - w)/(total - w):
**   constant  1
**   linear    1 - p
**   cosine    (1 + cos(pi*p))/2  (Loshchilov and Hutter, arXiv:1608.03983)
**   step      step_factor once for every step_epochs epochs completed
*/
double solver_schedule(const struct solver_options *o, long t, long per_epoch, long total);

extern const char *const schedule_words[];               /* NULL behind the last */
enum schedule_kind schedule_find(const char *word);      /* SCHEDULE_KINDS: none */

/* Hyper-parameters of the next update; advances the powers. */
struct hyper solver_hyper(struct solver_state *s, const struct solver_options *o);

struct solver_report {
    long iterations;
    double best_val_acc;          /* negative without a validation set */
    bool saved;                   /* parameters were written */
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
