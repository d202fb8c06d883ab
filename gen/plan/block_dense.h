/*
** block_dense.h - what block.c hands on: weight gradients of convolutions as products of matrices.
*/
#ifndef LATHE_BLOCK_DENSE_H
#define LATHE_BLOCK_DENSE_H

#include "base/net.h"

bool can_be_dense(const struct net *net, const struct stage *s);
/* What an output gradient is expected to cost. */
double dense_cycles(const struct net *net, const struct stage *s);
void block_dense(struct net *net, struct region_plan region, struct stage *s);

#endif
