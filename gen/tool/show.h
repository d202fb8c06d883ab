/*
** show.h - `lathe show`: the network as a table, and what a step will cost.
*/
#ifndef LATHE_SHOW_H
#define LATHE_SHOW_H

#include "base/net.h"

void show(const struct net *net, int threads, FILE *out);

/* And then the layout of all maps, the regions of a step and every buffer. */
void show_plan(const struct net *net, int threads, FILE *out);

/* The network as a page with its drawing. */
void show_page(const struct net *net, int threads, FILE *out);

/* Of a network that was planned for inference: its memory over time. */
void show_inference(const struct net *net, int threads, FILE *out);

#endif
