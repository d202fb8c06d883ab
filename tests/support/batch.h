/*
** batch.h - numbers for an engine, and the same for the oracle.
*/
#ifndef LATHE_TEST_BATCH_H
#define LATHE_TEST_BATCH_H

#include "core/engine.h"
#include "support/oracle.h"

/* Unit normal images, He's weights, biases not zero, targets between 0 and 1; the same for every
** engine. */
void fill(struct engine *e, int32_t *labels, int n);
struct hyper hyper(double reg);

/* Where the k-th score of a batch in canonical order is in the engine's. */
int score_place(const struct model *m, int k);

/* The engine's parameters, input and targets, as the oracle wants them. */
void load_oracle(struct oracle *o, struct engine *e);

#endif
