/*
** stream.h - which rows of which maps a program that only runs the network holds.
*/
#ifndef LATHE_STREAM_H
#define LATHE_STREAM_H

#include "base/net.h"

/* The stage whose function makes a node's rows; NULL: the images. */
const struct stage *node_stage(const struct net *net, const struct stream_node *node);

/* Rows of a map, from the first after its halo; those before it are negative. */
struct rows { int from, to; };
/* What a node reads of its k-th window for some rows of its own map. */
struct rows node_reads(const struct net *net, const struct stream_node *node, int k,
                       struct rows made);

/* Vectors of an affine layer's units that are summed together. */
int one_vectors(const struct net *net, const struct stage *s);

/* Of all windows. */
size_t stream_bytes(const struct net *net);

#endif
