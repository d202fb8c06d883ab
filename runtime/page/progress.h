/*
** progress.h - a bar below the printed lines while training on a terminal. Into a
** pipe or a file it must never print anything but the lines themselves.
*/
#ifndef LATHE_PROGRESS_H
#define LATHE_PROGRESS_H

#include <stdbool.h>

struct progress {
    bool terminal;       /* stdout is one: the bar is drawn */
    bool colour;         /* it is, and NO_COLOR is not set (no-color.org) */
    bool shown;          /* it is on the screen now */
    long first, total;   /* iterations: done before this run began or went on, and of all */
    double start, drawn; /* seconds, engine_clock: of the first and the last drawing */
};

void progress_open(struct progress *p, long first, long total);

/* Where a run is. */
struct progress_now {
    long done;                    /* iterations */
    double epoch, epochs, loss;
    const char *set;              /* what the last check is of; NULL: none yet */
    double check, images_per_second;
};

/* Redraws ten times a second at most. */
void progress_update(struct progress *p, const struct progress_now *now);

/* A line of output, above the bar. */
void progress_line(struct progress *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "warning: " and a line on stderr. */
void progress_warn(struct progress *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void progress_close(struct progress *p);   /* takes the bar away */

#endif
