/*
** sweep.h - `lathe sweep`: builds a network for every combination of --set values, trains
** each briefly, and tabulates.
*/
#ifndef LATHE_SWEEP_H
#define LATHE_SWEEP_H

#include "tool/options.h"

/* What the table says of a network besides its result. */
struct sweep_size { long long params; double flop; };

/* Builds the network of o, with the first value of every setting, as `program`. */
typedef bool sweep_build(struct options *o, const char *program, struct sweep_size *size);

/* False: a message was printed. */
bool sweep(struct options *o, sweep_build *build_one);

#endif
