/*
** progress.h - a bar below the printed lines while training on a terminal. Into a
** pipe or a file it must never print anything but the lines themselves.
*/
#ifndef LATHE_PROGRESS_H
#define LATHE_PROGRESS_H

#include <stdbool.h>

struct progress {
    bool terminal;       /* stdout is one: the bar is drawn */
    bool shown;          /* it is on the screen now */
    long total;          /* iterations */
    double start, drawn; /* seconds, engine_clock: of the first and the last drawing */
};

void progress_open(struct progress *p, long total);

/* After iteration `done` of the total; redraws ten times a second at most. */
void progress_update(struct progress *p, long done, double loss, double images_per_second);

/* A line of output, above the bar. */
void progress_line(struct progress *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void progress_close(struct progress *p);   /* takes the bar away */

#endif
