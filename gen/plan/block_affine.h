/*
** block_affine.h - what block.c hands on.
*/
#ifndef LATHE_BLOCK_AFFINE_H
#define LATHE_BLOCK_AFFINE_H

#include "base/net.h"

/* The forward pass, whose time is spent in `forward`. */
void block_affine(struct net *net, struct region_plan forward, struct stage *s);
void block_affine_backward(struct net *net, int stage);

#endif
