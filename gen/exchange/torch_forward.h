/*
** torch_forward.h - forward of a module of PyTorch.
*/
#ifndef LATHE_TORCH_FORWARD_H
#define LATHE_TORCH_FORWARD_H

#include "base/net.h"
#include "base/text.h"

/* False: nothing of PyTorch stands for it here. */
bool torch_knows(enum layer_kind kind);

/* Its statements; row[nlayers]: which layers make (N, C), not (N, C, H, W). */
void torch_forward(const struct net *net, bool *row, struct text *out);

#endif
