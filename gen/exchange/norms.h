/*
** norms.h - what is done to each channel by itself. Each makes its node's output; false: refused.
*/
#ifndef LATHE_NORMS_H
#define LATHE_NORMS_H

#include "exchange/incoming.h"

bool batch_norm(struct incoming *g, int node);
bool prelu(struct incoming *g, int node);
bool dropout(struct incoming *g, int node);

#endif
