/*
** block_sums.h - passes of Winograd's minimal filtering: their room in L2, and the blocks in which
** a weight gradient takes its sums.
*/
#ifndef LATHE_BLOCK_SUMS_H
#define LATHE_BLOCK_SUMS_H

#include "base/net.h"

/* Room for the transformed inputs of a pass: a part of the smallest L2 we expect, beside
** products and filters; for both maps of a weight gradient. */
enum { WINOGRAD_BYTES = 320 << 10, WINOGRAD_BOTH_BYTES = 400 << 10 };

/* Between places, tiles and blocks: a power of two apart they would fall into the same sets of
** L1. */
enum { WINOGRAD_GAP = 16 };

/* One pass of so many rows of tiles and images takes all images of a group. */
bool takes_group(const struct net *net, const struct winograd *w, int pass, int images);

/* Its passes, tile and maps are chosen. */
void block_sums(const struct net *net, struct stage *s);

#endif
