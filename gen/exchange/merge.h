/*
** merge.h - where branches of a graph meet: a sum, a product, channels beside each other.
*/
#ifndef LATHE_MERGE_H
#define LATHE_MERGE_H

#include "exchange/incoming.h"

/* A value and the part that it is. */
struct branch_end { int value, part; };

/* The part of a node that adds or multiplies two maps; of a product the first becomes the one that
** keeps its shape. PART_NONE: refused. */
int merge_two(struct incoming *g, int node, enum layer_kind kind, struct branch_end *a,
              struct branch_end *b);

/* Are the values' dimensions made of the same axes? */
bool same_groups(const struct value *a, const struct value *b);

#endif
