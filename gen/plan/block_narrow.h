/*
** block_narrow.h - what block.c hands on: weight gradients of convolutions with vectors along the
** filters.
*/
#ifndef LATHE_BLOCK_NARROW_H
#define LATHE_BLOCK_NARROW_H

#include "base/net.h"

enum { PICKED_PLACES = 4 };     /* of a window, at most: what v_choose chooses from */

/* pool: the max-pool that the stage ends with, or NULL. */
bool can_be_narrow(const struct sweep *f, const struct layer *pool);
bool can_be_picked(const struct sweep *f, const struct layer *pool);

/* What an output gradient is expected to cost; picked: a window's. */
double narrow_cycles(const struct sweep *f, int vl);
double picked_cycles(const struct sweep *f, int vl);

void block_narrow(struct net *net, struct region_plan region, struct stage *s);
void block_picked(struct net *net, struct region_plan region, struct stage *s);

#endif
