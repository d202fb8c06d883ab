/*
** follow.h - the part that a rank but 0 (core/ranks.h) has in a training run.
*/
#ifndef LATHE_FOLLOW_H
#define LATHE_FOLLOW_H

#include "core/engine.h"
#include "data/data.h"
#include "data/preprocess.h"
#include "settings/solver_options.h"

/* Until rank 0 ends. data: for ranks that read their own images, the same as rank 0's, with its
** options; else NULL. */
bool follow_train(struct engine *e, const struct dataset *data, const struct preprocess *p,
                  const struct solver_options *o, char *err);

#endif
