/*
** report.h - a training as a page to look at (`--report`) and as the course's two plots
** (`--plot`). Neither changes a bit of what is trained; unlike the history, they hold times.
*/
#ifndef LATHE_REPORT_H
#define LATHE_REPORT_H

#include <stdio.h>

#include "data/feed.h"
#include "page/history.h"
#include "settings/solver_options.h"

enum {
    REPORT_SAMPLES = 64,     /* measurements in a run, about; at most */
    REPORT_ROOM = 2*REPORT_SAMPLES + 2,
    REPORT_MISTAKES = 24, REPORT_FILTERS = 64,      /* pictures */
    REPORT_CLASSES = 256     /* more have no confusion matrix */
};

/* A measurement after an iteration. */
struct report_sample { double iteration, images_per_second; };

struct report_mistake { size_t index; int answer; double confidence; };

struct report {
    struct engine *engine;
    const struct dataset *data;
    const struct solver_options *options;
    long total, per_epoch, every;
    int batch;
    int *weight, nweights;   /* parameters whose updates are measured */
    real *before;            /* their values before the step */
    double *ratio;           /* [nweights][REPORT_ROOM] */
    struct report_sample sample[REPORT_ROOM]; int nsamples;
    double busy; long since; /* at the last sample; since: first, what a resumed run has passed
                                by, whose speed and updates are not known any more */
    struct feed_watch watch;
    unsigned *confusion;     /* [classes][classes]: label, answer; of the last check */
    struct report_mistake mistake[REPORT_MISTAKES]; int nmistakes;    /* surest first */
    double due;              /* engine_clock before which no page follows the last one */
};

/* How a run stands. */
struct report_moment {
    long iteration;          /* completed */
    bool over;               /* the run is; `trouble`, or NULL: why it failed */
    const char *trouble;
    double best_check;       /* negative: none */
};

/*
** Where options->report and ->plot are NULL nothing, and so do all others. Else allocates all
** that is filled in steps, and tries whether the files can be written.
*/
bool report_open(struct report *r, struct engine *e, const struct dataset *data,
                 const struct solver_options *o, long total, long per_epoch, int batch, char *err);
void report_close(struct report *r);

/*
** Before and after the step of iteration `iteration` (from 0): for one in so many |w' - w|/|w|
** of every weight tensor, L2 norms, w and w' before and after this one step. That is the
** course's ratio of updates to weights, whose healthy size is about 1e-3: gradients are
** consumed where they are made, and it is the update that moves the weights.
** busy: seconds spent in steps so far.
*/
void report_before(struct report *r, long iteration);
void report_after(struct report *r, long iteration, double busy);

/* What feed_watched is to call for every image of a check, from its first on; or NULL. */
const struct feed_watch *report_watch(struct report *r);

/* Writes what was asked for: at the end, else a second after the last time, or more where that took
** long. */
bool report_write(struct report *r, struct history *h, const struct report_moment *now,
                  char *err);

/* report_page.c: the page, the plots. False: no memory, or no file for the history. */
bool report_page(FILE *out, const struct report *r, struct history *h,
                 const struct report_moment *now);
bool report_plot(FILE *out, const struct report *r, struct history *h,
                 const struct report_moment *now);

#endif
