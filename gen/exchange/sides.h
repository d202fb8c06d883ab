/*
** sides.h - operators that make a map larger. Each makes its node's output; false: refused.
*/
#ifndef LATHE_SIDES_H
#define LATHE_SIDES_H

#include "exchange/incoming.h"

/* A part that a convolution or a pool takes in; one that is left is no layer. */
bool pad(struct incoming *g, int node);

/* Resize and Upsample. */
bool resize(struct incoming *g, int node);

#endif
