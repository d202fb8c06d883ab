/*
** traffic.h - an estimate of the memory that a region of a step moves, for `bench`.
*/
#ifndef LATHE_TRAFFIC_H
#define LATHE_TRAFFIC_H

#include "base/net.h"

/* Bytes: once, and for each image of the batch. */
struct traffic { double fixed, image; };

/*
** Every map, weight and moment that the region needs counts once where it is read and once
** where it is written, as though the caches held nothing before and all of it in between:
** what no way of computing the region can avoid. Halos, scratch, lists and partial sums
** count nothing; an update is Adam's.
*/
struct traffic region_traffic(const struct net *net, const struct region_plan *region);

#endif
