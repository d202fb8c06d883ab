/*
** kernels.h - instantiates the templates that one network needs.
*/
#ifndef LATHE_KERNELS_H
#define LATHE_KERNELS_H

#include "base/net.h"
#include "base/text.h"

/* Appends all kernels of the network; names begin with prefix (prefixes.kernels). */
void kernels(const struct net *net, const char *prefix, struct text *out);

#endif
