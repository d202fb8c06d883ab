/*
** screen.h - an observer: what a run says. The course's lines, the bar below them, and that a file
** cannot be written.
*/
#ifndef LATHE_SCREEN_H
#define LATHE_SCREEN_H

#include "base/error.h"
#include "page/progress.h"
#include "train/solver.h"

struct screen { struct progress progress; };

/* Comes before all that say something through it. */
struct observer screen_observer(struct screen *screen);

/* A file that a run writes. */
struct screen_file {
    char trouble[ERR_SIZE];       /* why it is not as it should be; "": it is */
    bool warned;
};

/* It was written, or not, and err says why. Hours of training are worth more than a file of
** theirs: while the run goes on that is said once; before and after it is returned. */
void screen_wrote(struct screen *screen, const struct solver *s, struct screen_file *file,
                  bool good, const char *err);

#endif
