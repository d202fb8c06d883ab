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
    struct train train;           /* batch: at most model->batch */
    uint64_t seed;
    long print_every;             /* iterations between loss lines */
    bool quiet;                   /* no lines, no bar */
    bool check_end;               /* accuracies after the last iteration alone */
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
