/*
** history.h - the course of a training run as CSV: one row an iteration, the same
** bytes for the same run. It must never hold a time or a host's name, nor keep in memory what
** grows with every iteration.
*/
#ifndef LATHE_HISTORY_H
#define LATHE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Numbers alone: as they are in a checkpoint (checkpoint.c). */
struct history_row {
    double epoch;                 /* epochs completed */
    double loss, lr;              /* lr: the one of this iteration's update */
    double train_check, val_check;    /* accuracies, or losses where there are no labels;
                                         negative: not measured, the field stays blank */
};

struct history {
    size_t count;                 /* row k is iteration k + 1 */
    struct history_row *late;     /* the last `kept` rows; those before are in a file that has */
    size_t kept, room;            /* no name, made when there are many */
    int spool;                    /* that file, or -1 */
    const char *beside;           /* in the directory of this path, or NULL */
    struct history_row *map;      /* the file's rows, */
    size_t mapped;                /* so many of them */
    const char *check;            /* what the checks' columns are called: "acc", "loss" */
    struct { int fd; size_t rows; off_t size; } csv;    /* what history_save has written */
};

bool history_open(struct history *h, const char *beside, char *err);
void history_close(struct history *h);

/* False: neither a file nor memory for it; then it is not counted. */
bool history_add(struct history *h, long epoch, double loss, double lr);
void history_check(struct history *h, double train_check, double val_check);  /* last row's */

/* All rows; valid until one is added. NULL: no file, or no memory. */
const struct history_row *history_rows(struct history *h);

/*
** Brings the file up to the last row: what is there stays, if it is what this process left there,
** and else is replaced by all rows. A process killed meanwhile may leave a part of a row.
** over: the last time, so it is synced.
*/
bool history_save(struct history *h, const char *path, bool over, char *err);

#endif
