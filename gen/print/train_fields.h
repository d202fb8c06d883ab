/*
** train_fields.h - the training settings as the emitted file has them.
*/
#ifndef LATHE_TRAIN_FIELDS_H
#define LATHE_TRAIN_FIELDS_H

#include "runtime/core/model.h"
#include "base/text.h"

/* Lines of designated initialisers of struct train: all that a network file can say. */
void train_fields(const struct train *t, struct text *out);

#endif
