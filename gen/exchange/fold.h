/*
** fold.h - nodes whose results are known before any image is: of constants, and of shapes.
*/
#ifndef LATHE_FOLD_H
#define LATHE_FOLD_H

#include "exchange/incoming.h"

/* FOLDED: the node's output is a constant now, or was refused. */
bool folds(const char *op);      /* of constants, this operator */
enum folded { FOLD_NOTHING, FOLDED };
enum folded fold_node(struct incoming *g, int node);

/* The dims of a Reshape, Flatten, Squeeze or Unsqueeze of a value; how many there are, or -1:
** refused. */
int fold_reshaped(struct incoming *g, int node, int64_t *dims);

/* Of a Cast or CastLike: to which type, by the format's numbers. */
int64_t cast_type(const struct incoming *g, int node);

#endif
