/*
** arena.h - the places of buffers by name.
*/
#ifndef LATHE_ARENA_H
#define LATHE_ARENA_H

#include "base/net.h"
#include "base/text.h"
#include "print/bindings.h"

/* A place in a buffer, in the arena or in a thread's scratch: "LABEL__at_BUFFER + OFFSET". */
struct part_name arena_place(const struct net *net, const char *prefix, int buffer, long offset);

/* All of them, in the order of their places. */
void arena_enum(const struct net *net, const char *prefix, struct text *out);

#endif
