/*
** observed.h - a training run with everybody who is to be told of it.
*/
#ifndef LATHE_OBSERVED_H
#define LATHE_OBSERVED_H

#include "train/solver.h"

/*
** solver_train with the observers that the options ask for: it prints, saves, draws, and heeds
** signals. Goes on from options->from, if there is one: then with the bits, files and lines that
** the run would have had without a stop. A file that cannot be written on the way is no reason to
** stop: a warning says so once, each next time tries again, and what is not there at the end makes
** the run fail, `complete`. What was saved before a failure stays.
*/
bool observed_train(struct engine *e, const struct dataset *data, const struct preprocess *p,
                    const struct solver_options *o, struct solver_report *report, char *err);

#endif
