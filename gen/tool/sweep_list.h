/*
** sweep_list.h - `lathe sweep` with lists: writes one (--list), runs a line (--run), tabulates
** what is there (--table). It must never start more than one training: queues, nodes and retries
** are for whoever takes the list.
*/
#ifndef LATHE_SWEEP_LIST_H
#define LATHE_SWEEP_LIST_H

#include "tool/options.h"

/* False: a message was printed, and no list was written. */
bool sweep_list(struct options *o);

/* Becomes the run; returns only where it cannot. */
bool sweep_run(const struct options *o);

bool sweep_table(const struct options *o);

#endif
