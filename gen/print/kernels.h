/*
** kernels.h - instantiates the templates that one network needs.
*/
#ifndef LATHE_KERNELS_H
#define LATHE_KERNELS_H

#include "base/net.h"
#include "base/text.h"

/* Appends all kernels of the network; names begin with prefix. */
void kernels(const struct net *net, const char *prefix, struct text *out);

/* The name of a region's function without prefix: "conv1_fwd". */
void region_function(const struct net *net, const struct region_plan *region, char *name,
                     size_t size);

#endif
