/*
** history.h - the course of a training run as CSV: one row an iteration, the same
** bytes for the same run. It must never hold a time or a host's name.
*/
#ifndef LATHE_HISTORY_H
#define LATHE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>

struct history_row {
    long epoch;                   /* epochs completed */
    double loss, lr;              /* lr: the one of this iteration's update */
    double train_acc, val_acc;    /* negative: not measured, the field stays blank */
};

struct history {
    struct history_row *row;      /* row k is iteration k + 1 */
    size_t count, capacity;
};

/* Room for all iterations at once, so that a step never allocates. */
bool history_open(struct history *h, size_t iterations, char *err);
void history_close(struct history *h);

void history_add(struct history *h, long epoch, double loss, double lr);
void history_check(struct history *h, double train_acc, double val_acc);  /* last row's */

/* Writes all rows so far; the old file survives a failure. */
bool history_save(const struct history *h, const char *path, char *err);

#endif
