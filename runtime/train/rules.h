/*
** rules.h - how each parameter is updated in each step: the run's options, what the
** network file sets for some parameters alone, the schedules, and what one update needs to
** know of those before it.
*/
#ifndef LATHE_RULES_H
#define LATHE_RULES_H

#include "core/engine.h"
#include "settings/solver_options.h"

/* One parameter's. Running products in double: pow() would give other bits elsewhere. */
struct param_rule {
    enum update_kind optimizer;
    double rate[RATES];
    double lr;                    /* with lr_decay, without the schedule */
    double lr_decay, reg;
    enum schedule_kind schedule;
    double freeze;                /* epochs after which it stays; infinite: never */
    bool frozen;                  /* in the step before: the L2 term has seen its last value */
    double beta1_power, beta2_power;   /* beta^t */
};

struct rules { struct param_rule *param; int count; };

/* Also gives the engine the memory that its optimizers need. */
bool rules_open(struct rules *r, struct engine *e, const struct solver_options *o, char *err);
void rules_close(struct rules *r);

/* Sets e->rule for iteration t (from 0) of a run of `total`, `per_epoch` an epoch. */
void rules_apply(struct rules *r, struct engine *e, const struct solver_options *o, long t,
                 long per_epoch, long total);

/* The end of an epoch: lr_decay. */
void rules_epoch(struct rules *r);

/*
** What the schedule multiplies the learning rate of iteration t (from 0) with, of a run
** of `total` iterations, `per_epoch` an epoch. Over the first w = warmup*per_epoch
** iterations (t + 1)/(w + 1); after them, with p = (t - w)/(total - w):
**   constant  1
**   linear    1 - p
**   cosine    (1 + cos(pi*p))/2  (Loshchilov and Hutter, arXiv:1608.03983)
**   step      step_factor once for every step_epochs epochs completed
*/
double schedule_factor(enum schedule_kind kind, const struct solver_options *o, long t,
                       long per_epoch, long total);

#endif
