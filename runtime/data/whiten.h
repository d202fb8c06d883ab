/*
** whiten.h - first weights computed from the training images: filters that whiten patches
** (airbench's first layer; Page, "How to train your ResNet 8").
*/
#ifndef LATHE_WHITEN_H
#define LATHE_WHITEN_H

#include "core/engine.h"
#include "data/preprocess.h"

/*
** Every weight with INIT_WHITEN: with the covariance of all kh x kw patches (inside the
** image, or the middle window of a larger one, preprocessed) of the first 5,000 images,
** filter k is the k-th eigenvector, by falling eigenvalue, over sqrt(eigenvalue + 5e-4);
** the second half of the filters are their negatives. False: err says why.
*/
bool whiten(struct engine *e, const struct images *train, const struct preprocess *p, char *err);

#endif
