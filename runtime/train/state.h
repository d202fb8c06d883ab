/*
** state.h - how far a training run is: with the engine's parameters and moments all that the next
** iteration needs, and all that is in a checkpoint. Whoever adds to it adds to parts.c.
*/
#ifndef LATHE_STATE_H
#define LATHE_STATE_H

#include "core/model.h"
#include "page/history.h"
#include "train/average.h"
#include "train/rules.h"

struct solver_state {
    long iteration, epoch;        /* completed */
    long planned;                 /* iterations of the whole run */
    struct rules rules;           /* and each parameter's rates and powers */
    struct average average;
    struct history history;
    double lr;                    /* with lr_decay, without the schedule: for the history */
    double best_check;            /* negative: none yet */
    long checks_since;            /* the best */
    real *best;                   /* its parameters, canonical, or NULL where nobody saves them */
};

#endif
