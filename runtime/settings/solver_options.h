/*
** solver_options.h - what a training run can be told.
*/
#ifndef LATHE_SOLVER_OPTIONS_H
#define LATHE_SOLVER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/model.h"

enum { SOLVER_PRINT_EVERY = 10 };     /* unless told otherwise */

struct checkpoint;

struct solver_options {
    enum update_kind optimizer;
    double rate[RATES];           /* of the optimizer; the learning rate first */
    double lr_decay;              /* lr is multiplied by it after each epoch */
    enum schedule_kind schedule;
    double step_epochs, step_factor;   /* SCHEDULE_STEP */
    double warmup;                /* epochs in which the rate rises */
    struct augment augment;
    double clip;                  /* the gradient's greatest length (L2), 0: any */
    long patience;                /* checks without a better one before it stops; 0: never */
    long check_every;             /* iterations between checks; 0: at the end of epochs */
    enum average_kind average;
    double average_rate;
    long average_every;
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
    const char *checkpoint;       /* where the whole state goes when a signal stops the run, or
                                     NULL: signals are not looked at */
    long checkpoint_every;        /* and after so many iterations, and at the end; 0: not */
    const char *settings;         /* what a checkpoint says of the options, option_text.h */
    struct checkpoint *from;      /* goes on from there, not from the engine's parameters */
    const char *report, *plot;    /* HTML and SVG to write, or NULL; report.h */
    const char *command;          /* what the report says repeats the run, or NULL */
};

/* The network file's settings; seed 1, a line every 10 iterations. */
void solver_defaults(struct solver_options *o, const struct model *model);

#endif
