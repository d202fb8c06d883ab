/*
** regions.h - the table of regions.
*/
#ifndef LATHE_REGIONS_H
#define LATHE_REGIONS_H

#include "base/net.h"

struct region_def {
    const char *part;           /* what its function is called, after its stage: "fwd" */
    const char *title;          /* what `bench` calls it, after its stage: "forward" */
    enum split split;
    int (*count)(const struct stage *);     /* NULL: 1, of SPLIT_GROUPS 0 */
    unsigned work;              /* FLOP, of FORWARD, WEIGHTS, DATA */
    int weights;                /* how often the weights are read or written */
    unsigned moves;             /* maps that are read or written, of IN, OUT, DY, DX */
    bool (*taken)(const struct net *, int stage);       /* NULL: always */
    unsigned serves;            /* whose gradients it is a part of, of OWN, BELOW; 0: it always
                                   runs */
};
extern const struct region_def region_defs[REGION_KINDS];

/* The region of a step that is of a kind, of a stage; -1: there is none. */
int region_find(const struct net *net, enum region_kind kind, int stage);
/* "conv1 weight gradient" */
void region_title(const struct net *net, const struct region_plan *region, char *title,
                  size_t size);
/* "images x 4", "parts x 3 for 8 images": what its items are. */
enum { REGION_ITEMS = 64 };
void region_items(const struct region_plan *region, char items[REGION_ITEMS]);

#endif
