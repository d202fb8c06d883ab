/*
** linear_model.h - a network written by hand (affine, ReLU, affine, softmax in plain
** loops): the runtime's tests need no generator. It must never be fast.
*/
#ifndef LATHE_LINEAR_MODEL_H
#define LATHE_LINEAR_MODEL_H

#include "core/model.h"
#include "data/dataset.h"

enum {
    LINEAR_C = 3, LINEAR_H = 4, LINEAR_W = 4, LINEAR_IN = LINEAR_C*LINEAR_H*LINEAR_W,
    LINEAR_HIDDEN = 6, LINEAR_CLASSES = 4, LINEAR_BATCH = 24,
    LINEAR_IMAGES = 60, LINEAR_VAL = 20         /* of linear_data: those to check with are last */
};

extern const struct model linear_model;
extern const struct model linear_model_wrong;   /* its backward forgets a factor */

/* Images that look like nothing, of all classes in turn, in the caller's memory. */
struct dataset linear_data(uint8_t pixels[LINEAR_IMAGES*LINEAR_IN], int32_t labels[LINEAR_IMAGES]);

#endif
