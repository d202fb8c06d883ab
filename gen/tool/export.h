/*
** export.h - `lathe export`: a network for other programs.
*/
#ifndef LATHE_TOOL_EXPORT_H
#define LATHE_TOOL_EXPORT_H

#include "tool/options.h"

/* False: a message was printed, and nothing is written. */
bool export_network(struct options *o);

#endif
