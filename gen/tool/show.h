/*
** show.h - `lathe show`: the network as a table, and what a step will cost.
*/
#ifndef LATHE_SHOW_H
#define LATHE_SHOW_H

#include "base/net.h"

void show(const struct net *net, int threads, FILE *out);

/* The same as a page with the network's drawing. */
void show_page(const struct net *net, int threads, FILE *out);

#endif
