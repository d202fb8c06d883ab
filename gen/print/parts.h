/*
** parts.h - a program as several C files, which compile side by side and which need no file beside
** them. Together they are what emit prints as one.
*/
#ifndef LATHE_PARTS_H
#define LATHE_PARTS_H

#include <stdbool.h>

#include "base/net.h"
#include "base/text.h"

/* The k-th of n shares of the runtime's sources. Appended to out. */
void runtime_share(int k, int n, const struct net *net, struct text *out);

/* The networks' own part, as emit prints it with `split`, in 1 to most files by its size: part[0]
** has the tables, and each has some functions that they name, with all that these call. How many
** there are. */
int network_parts(const char *split, int most, struct text *part);

#endif
