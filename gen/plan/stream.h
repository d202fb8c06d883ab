/*
** stream.h - which rows of which maps a program that only runs the network holds.
*/
#ifndef LATHE_STREAM_H
#define LATHE_STREAM_H

#include "base/net.h"

/*
** A program that only runs the network makes its maps a band of rows at a time. A window
** is the part of a map that is in memory, `rows` rows of it with its halo; one that is smaller than
** the map slides. It has the number of the node that fills it last: the first one is the images,
** the others are regions of net.infer. A node that changes values where they lie has its window
** filled by the one before it, which has none of its own.
*/
struct window {
    struct map map;
    int rows;                   /* all of the map's: it never slides */
    size_t at, size;            /* reals */
    int first, last;            /* steps between which it is alive */
};

struct stream_node {
    int region;                 /* of net.infer; INPUT: the images */
    int fills;                  /* the window */
    bool gathers;               /* it makes one row of all of its input's, of which steps tell */
    bool whole;                 /* it makes all of its map as soon as the first row is wanted */
    int reads[MAX_BRANCHES], nreads;    /* windows */
    size_t scratch;             /* reals that it works in */
};

/* The node makes these rows of its map (or gathers those of its input); before that the window that
** it fills slides by `slide` rows. */
struct stream_step { int node, from, to, slide; };

struct stream_plan {
    struct window *window; struct stream_node *node; int nodes;
    struct stream_step *step; int nsteps;
    int band;                   /* rows that a node makes at a time, at most */
    bool last_first;            /* of several maps that it reads, it asks for the last one first */
    size_t scratch;             /* reals of one for all nodes, at the start of the work memory */
    size_t work;                /* reals of all windows, and that */
    double moved, cleared;      /* reals of an image that slide, that are set to 0 */
};

/* From net->infer: all nodes, and windows without rows or places. */
void stream_nodes(struct net *net);

/* The stage whose function makes a node's rows; NULL: the images. */
const struct stage *node_stage(const struct net *net, const struct stream_node *node);

/* The label of what makes it, or "input". */
const char *node_name(const struct net *net, int node);

/* Of inference, an image's, as if all were computed directly. */
double multiply_adds(const struct net *net);

/* Rows of a map, from the first after its halo; those before it are negative. */
struct rows { int from, to; };
/* What a node reads of its k-th window for some rows of its own map. */
struct rows node_reads(const struct net *net, const struct stream_node *node, int k,
                       struct rows made);

/* Rows of a stage's output that a row of Winograd's tiles makes; 0: it goes another way. */
int tile_rows(const struct net *net, const struct stage *s);
/* Reals of what one of its passes transforms; its products come after them. */
size_t transformed(const struct stage *s);

/* Vectors of an affine layer's units that are summed together. */
int one_vectors(const struct net *net, const struct stage *s);

/* A map has rows or columns around it, which are 0. */
bool has_halo(const struct map *m);

/* Of the work memory. */
size_t stream_bytes(const struct net *net);

#endif
