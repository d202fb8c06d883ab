/*
** bench.h - what `bench` measures: every region of a training step, whole steps and
** inference, beside what the machine does at most. It must never measure steps that training
** would not do: every round goes back to the same step and does the same work.
*/
#ifndef LATHE_BENCH_H
#define LATHE_BENCH_H

#include "base/series.h"
#include "core/engine.h"
#include "train/replay.h"
#include "train/roof.h"

enum { BENCH_UNTIMED = 2,         /* steps of a round before the first sample: caches, threads */
       BENCH_ISAS = 4 };

struct bench_row {
    char name[80];
    const char *kind;             /* forward, backward, step, inference */
    double flop, bytes;
    struct series seconds;
};

/* One instruction set of the program that runs here: FLOP/s of all threads, of one. */
struct bench_isa { const struct model *model; struct series all, one; };

struct bench_settings {
    const char *dir, *csv, *params, *save;
    long threads, batch, steps, warm, seed;
    double seconds;
    bool infer, serve, pin, scale;
};

struct bench {
    const struct bench_settings *settings;
    struct engine engine;
    struct replay replay;
    struct roof roof;
    struct bench_row *row;        /* regions of forward, backward, inference, then: */
    int rows, step, batch, single;    /* whole step, inference of a batch, of an image */
    struct bench_isa isa[BENCH_ISAS]; int isas;     /* the one at work first */
    struct series all, one;       /* bytes/s */
};

/* b->engine is open; replay_open is the caller's. */
bool bench_open(struct bench *b, char *err);
void bench_close(struct bench *b);      /* and engine and replay */

/* The first row of inference's regions; they end before b->step. */
int bench_infer_rows(const struct bench *b);
void bench_roofs(struct bench *b);
void bench_steps(struct bench *b, long count);
/* Into b->batch or b->single; regions: into theirs as well. */
void bench_inference(struct bench *b, int row, int images, long count, bool regions);
/* All of it, round after round, until the settings' seconds are over. */
void bench_rounds(struct bench *b);
/* Mean loss of the first images of the batch in evaluation. */
double bench_evaluation_loss(struct bench *b, int images);

/* bench_table.c: for people, and as CSV. */
void bench_print(struct bench *b);
bool bench_save(struct bench *b, char *err);
/* bench_scale.c: seconds between regions and in Muon's products, of the step that had least of
** them, while samples are in their order; and what the cut into items allows other numbers of
** threads, to which these stay as they are. */
double bench_between(const struct bench *b);
void bench_scale(const struct bench *b, double between);

#endif
