/*
** tune.h - `lathe tune`: measures the candidates of block.c on this CPU and writes those that
** win into a tuning file.
*/
#ifndef LATHE_TUNE_H
#define LATHE_TUNE_H

#include "tool/options.h"

/* Writes o->output, else NAME.tune. False: a message was printed. */
bool tune(struct options *o);

#endif
