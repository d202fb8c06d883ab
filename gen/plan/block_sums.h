/*
** block_sums.h - what block.c hands on: of a weight gradient by Winograd's minimal filtering.
*/
#ifndef LATHE_BLOCK_SUMS_H
#define LATHE_BLOCK_SUMS_H

#include "base/net.h"

/* Room for the transformed inputs of a pass: a part of the smallest L2 we expect, beside
** products and filters; for both maps of a weight gradient. */
enum { WINOGRAD_BYTES = 320 << 10, WINOGRAD_BOTH_BYTES = 400 << 10 };

/* Its passes, tile and maps are chosen. */
void block_sums(const struct net *net, struct stage *s);

#endif
