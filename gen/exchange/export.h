/*
** export.h - a network and its parameters as a model of ONNX: opset 17, images (N, C, H, W) in,
** scores out.
*/
#ifndef LATHE_EXPORT_H
#define LATHE_EXPORT_H

#include "base/text.h"
#include "exchange/parameters.h"

struct export_options {
    bool fold;                          /* batchnorms go into the weights before them */
    bool softmax;                       /* probabilities instead of scores */
    bool preprocess;                    /* images come as 0 to 255 */
    const struct values_scale *scale;   /* what those are to the network; NULL: as they are */
};

/* A kind of layer that no operator of ONNX stands for is refused before anything is written. */
bool export_knows(enum layer_kind kind);

/* Of a loss's scores something makes probabilities. */
bool export_has_probabilities(const struct layer *loss);

/* False, with a message: it is too large. */
bool export_onnx(const struct net *net, const struct parameters *p,
                 const struct export_options *o, struct text *out, char *err);

#endif
