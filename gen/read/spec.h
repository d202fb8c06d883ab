/*
** spec.h - reads a network file.
*/
#ifndef LATHE_SPEC_H
#define LATHE_SPEC_H

#include "base/net.h"

/* On an error prints every message it can to stderr, returns false. */
bool spec_read(struct net *net, const char *path, struct setting *set, int nset);

#endif
