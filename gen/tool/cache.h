/*
** cache.h - the runtime as objects, compiled once for each compiler, its flags and each type, in
** $LATHE_CACHE, else in lathe/ of $XDG_CACHE_HOME or ~/.cache. An entry is used for exactly what it
** was made for, whole and by its owner, or not at all: a wrong one would be a wrong program.
**
** DIRECTORY/KEY/runtime-K.o, DIRECTORY/KEY/sums. KEY: 16 hexadecimal digits, a hash of the
** runtime's sources, the command, and all that the compiler says of itself, its options, its
** macros and the headers that the runtime includes. DIRECTORY/KEY-XXXXXX: an entry in the making.
** DIRECTORY/lock: held by who makes one. The KEPT entries that were used last stay.
*/
#ifndef LATHE_CACHE_H
#define LATHE_CACHE_H

#include "base/net.h"
#include "tool/compiler.h"

enum { CACHE_KEPT = 16, RUNTIME_SHARES = 8 };

/* The folder with runtime-0.o ... of this compiler, made if it is not there. False, in silence:
** there is no directory to trust, the compiler is not understood, or it failed. */
bool cache_runtime(const struct compiler *c, const struct net *net, struct text *folder);

#endif
