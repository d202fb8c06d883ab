/*
** sweep.h - `lathe sweep`: builds a network for every combination of --set values, trains
** each briefly, and tabulates.
*/
#ifndef LATHE_SWEEP_H
#define LATHE_SWEEP_H

#include "tool/options.h"

/* False: a message was printed. */
bool sweep(struct options *o);

#endif
