/*
** keep.h - an observer: what of a run can be used or gone on from. The best parameters, the
** checkpoints, and the signal that stops a run so that it can go on.
*/
#ifndef LATHE_KEEP_H
#define LATHE_KEEP_H

#include "train/checkpoint.h"
#include "train/screen.h"

struct keep {
    struct screen *screen;
    struct checkpoint_run run;    /* as checkpoint.h wants it */
    struct screen_file params, checkpoint;
};

/* Comes first of all that write: its troubles matter most. */
struct observer keep_observer(struct keep *k, struct screen *screen);

/* Of a solver that is open, before it runs. With options->from it is brought to where that
** checkpoint is. */
bool keep_open(struct keep *k, struct solver *s, char *err);

#endif
