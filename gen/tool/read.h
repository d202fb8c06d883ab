/*
** read.h - a network file, through all passes.
*/
#ifndef LATHE_READ_H
#define LATHE_READ_H

#include "tool/options.h"

enum { MAX_ISAS = 3 };

/* The instruction sets that --isa names: one, or the three of x86, widest first. How many. */
int find_isas(const char *name, const struct isa *found[MAX_ISAS]);

/* trial: candidates to take instead of --tune's, or NULL. NULL: done after -d, or *status is 1 and
** it was said why. */
struct net *read_net(struct options *o, const char *path, const struct isa *isa,
                     struct tuning *trial, int *status);

/* The network for each instruction set of --isa. How many; 0: NULL of one of them. */
int read_nets(struct options *o, struct net *nets[MAX_ISAS]);

/* A network that is only to be run. */
struct net *read_inference(struct options *o, const char *path, const struct isa *isa, int *status);

/* The same as read_net of a file's text, before it is written to path. */
struct net *read_text(struct options *o, const char *path, const char *text, int *status);

#endif
