/*
** average.h - averages of the parameters over the steps of a run, which are then what is
** checked and saved. Running statistics are not averaged again.
**   ema        every N steps: average = X*average + (1 - X)*w
**   lookahead  every N steps: average += X*(w - average), and w begins there again (Zhang et
**              al., arXiv:1907.08610)
*/
#ifndef LATHE_AVERAGE_H
#define LATHE_AVERAGE_H

#include "core/engine.h"

struct average {
    enum average_kind kind;
    double rate;                /* X */
    long every;                 /* N */
    real **value;               /* of each parameter, as stored; statistics: NULL */
    int count;
};

/* Begins with the parameters as they are. */
bool average_open(struct average *a, const struct engine *e, enum average_kind kind, double rate,
                  long every, char *err);
void average_close(struct average *a);

/* After step t (from 1). */
void average_step(struct average *a, struct engine *e, long t);

/* Exchanges parameters and averages, and packs; twice changes nothing. */
void average_swap(struct average *a, struct engine *e);

#endif
