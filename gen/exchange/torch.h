/*
** torch.h - a network as a module of PyTorch, in Python, whose state_dict has the network's names.
*/
#ifndef LATHE_TORCH_H
#define LATHE_TORCH_H

#include "runtime/base/values_scale.h"
#include "base/net.h"
#include "base/text.h"

/* How images are prepared, and the tensors that it leaves in a parameter file. */
struct torch_images {
    enum preprocess_kind kind;
    int h, w;                           /* of the mean image */
    bool prepare;                       /* forward takes 0 to 255 and prepares them itself, */
    const struct values_scale *scale;   /* which are this to the network */
};

void torch_module(const struct net *net, const struct torch_images *images, struct text *out);

#endif
