/*
** engines.h - the networks of an emitted file, and engines of them that hold the same numbers. What
** is compared is the tests' own.
*/
#ifndef LATHE_TEST_ENGINES_H
#define LATHE_TEST_ENGINES_H

#include "support/batch.h"

enum { IMAGES = 5, STEPS = 3,       /* at most, where a few are enough */
       LARGEST_BATCH = 160 };       /* that a network of these may have: open_engine looks */

/* The i-th network, if this CPU can run it, else NULL; the same on the widest instruction set,
** which comes first in the file. */
const struct model *runnable(int i);
const struct model *widest(const struct model *m);
/* Fewer than a batch, more than one where there is room. */
int some_images(const struct model *m);

void open_engine(struct engine *e, const struct model *m, int threads);
/* A few steps of Adam from there: running statistics and weights move. */
void train_steps(struct engine *e, int n);

#endif
