/*
** linear_model.h - a network written by hand (affine, ReLU, affine, softmax in plain
** loops): the runtime's tests need no generator. It must never be fast.
*/
#ifndef LATHE_LINEAR_MODEL_H
#define LATHE_LINEAR_MODEL_H

#include "core/model.h"

enum {
    LINEAR_C = 3, LINEAR_H = 4, LINEAR_W = 4, LINEAR_IN = LINEAR_C*LINEAR_H*LINEAR_W,
    LINEAR_HIDDEN = 6, LINEAR_CLASSES = 4, LINEAR_BATCH = 24
};

extern const struct model linear_model;
extern const struct model linear_model_wrong;   /* its backward forgets a factor */

#endif
