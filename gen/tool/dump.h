/*
** dump.h - `-d PASS`.
*/
#ifndef LATHE_DUMP_H
#define LATHE_DUMP_H

#include "base/net.h"

/* Prints what passes[pass] decided; it and those before it have run. */
void dump(const struct net *net, int pass, FILE *out);

#endif
