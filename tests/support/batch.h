/*
** batch.h - numbers for an engine, and the same for the oracle.
*/
#ifndef LATHE_TEST_BATCH_H
#define LATHE_TEST_BATCH_H

#include "core/engine.h"
#include "support/oracle.h"

/* Unit normal images, He's weights, biases not zero; the same for every engine. */
void fill(struct engine *e, int32_t *labels, int n);
struct hyper hyper(double reg);

/* The engine's parameters and input, as the oracle wants them. */
void load_oracle(struct oracle *o, struct engine *e);

#endif
