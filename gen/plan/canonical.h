/*
** canonical.h - the network as files outside of its program know it: the fingerprint that a
** parameter file must agree with, and shapes of parameters (docs/design.md, Layout).
*/
#ifndef LATHE_CANONICAL_H
#define LATHE_CANONICAL_H

#include "base/net.h"
#include "base/text.h"

/* A line for the input and one for each layer, '\n' between. From shape on. */
void fingerprint(const struct net *net, struct text *out);

/* Of one of net->param; how many dimensions. */
enum { PARAM_RANK = 4 };
int param_shape(const struct net *net, const struct net_param *p, int dim[PARAM_RANK]);

#endif
