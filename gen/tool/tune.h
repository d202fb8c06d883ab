/*
** tune.h - `lathe tune`: measures the candidates of block.c on this CPU and writes those that
** win into a tuning file.
*/
#ifndef LATHE_TUNE_H
#define LATHE_TUNE_H

#include "tool/options.h"
#include "plan/tuning.h"

/* The network of o after all passes, with t's candidates. NULL: a message was printed. */
typedef struct net *tune_read(struct options *o, struct tuning *t);
/* Builds it as `program`, with up to `jobs` compilations at a time. False: a message was
** printed. */
typedef bool tune_build(struct net *net, const char *program, int jobs);

/* Writes o->output, else NAME.tune. False: a message was printed. */
bool tune(struct options *o, tune_read *read, tune_build *build);

#endif
