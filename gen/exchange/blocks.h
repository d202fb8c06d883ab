/*
** blocks.h - parts as the network file nests them: one after the other, and branches of one value
** that meet again.
*/
#ifndef LATHE_BLOCKS_H
#define LATHE_BLOCKS_H

#include "exchange/incoming.h"

struct sequence { struct item *item; int count; };

/* A part; where it ends branches the block of them. */
struct item {
    int part;
    enum layer_kind kind;       /* LAYER_RESIDUAL, LAYER_CONCAT, LAYER_GATE, or the part's own */
    struct sequence *branch; int nbranches;
    /* netfile.c */
    int key, lines;             /* the same for items that read the same; how many lines */
    int ordinal;                /* of its kind, from 1 */
    int height;                 /* blocks of it that lie within each other */
};

/* The parts from the images to the last, and what is done to the images before. */
struct network_parts {
    struct sequence all;
    double *mean, *factor;      /* (x - mean)*factor; NULL: nothing is done */
    size_t per;                 /* means of a channel: 1, or as many as pixels */
};

/* False: refused, with a message for each part that cannot be said. */
bool blocks_make(struct incoming *g, int last, struct network_parts *out);

#endif
