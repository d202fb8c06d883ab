/*
** dump_region.h - what one region of a step leaves in the arena: `dump --region`. It must never
** change what a step computes.
*/
#ifndef LATHE_DUMP_REGION_H
#define LATHE_DUMP_REGION_H

#include "core/engine.h"

struct dump_region {
    enum engine_list list; int index;   /* which one */
    const char *name;
    struct engine *engine;
    real *before, *after;               /* the arena; until dump_region_close */
};

/* Finds the region and looks on from now: "conv1 forward", or with `_` for blanks. False, with
** the nearest name and a list of all, where there is none. */
bool dump_region_open(struct dump_region *d, struct engine *e, const char *name, char *err);
/* Every stretch of the arena that the region changed, as tensors "at.OFFSET" in `path`, and a line
** on stdout for each: `lathe show -d mem` tells whose it is. */
bool dump_region_write(const struct dump_region *d, const char *path, char *err);
void dump_region_close(struct dump_region *d);

#endif
