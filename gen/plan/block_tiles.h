/*
** block_tiles.h - what block.c hands on: tiles of sweeps that multiply tap by tap.
*/
#ifndef LATHE_BLOCK_TILES_H
#define LATHE_BLOCK_TILES_H

#include "base/net.h"

void block_tiles(struct net *net, struct region_plan region, struct sweep *s);

/* A tile whose loop the vocabulary has, v_run. */
enum { RUN_PIXELS = 4, RUN_CHANNELS = 4 };
bool is_run(const struct net *net, int pixels, int nv);
/* Of the cycles that its loop takes, what it takes so. */
double run_share(const struct net *net, int pixels, int nv);

#endif
