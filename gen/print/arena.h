/*
** arena.h - the places of buffers by name.
*/
#ifndef LATHE_ARENA_H
#define LATHE_ARENA_H

#include "base/net.h"
#include "base/text.h"
#include "print/bindings.h"

/* The enumerator of a buffer's place in the arena, or in a thread's scratch: LABEL__at_BUFFER. */
struct part_name arena_name(const struct net *net, const char *prefix, int buffer);

/* All of them, in the order of their places. */
void arena_enum(const struct net *net, const char *prefix, struct text *out);

#endif
