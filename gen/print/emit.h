/*
** emit.h - prints the program: per instruction set its vocabulary and kernels,
** then one table of regions per network.
*/
#ifndef LATHE_EMIT_H
#define LATHE_EMIT_H

#include "base/net.h"

/*
** Prints one C file with all the networks, which have passed mem. A network
** that is to run on several instruction sets comes once for each, widest first;
** all have the same type. split: only the networks' part, to be linked with
** runtime/liblathe.a (f64: runtime/liblathe64.a).
*/
void emit(struct net *const *nets, int nnets, bool split, FILE *out);

/* Appends a file of the runtime, after the local headers that it includes; each once: done has
** their paths. */
struct text;
void amalgamate(const char *path, struct text *done, struct text *out);
/* Of the embedded files: a source of the runtime that a program of this type has. */
bool is_runtime_source(const char *path, bool f64);

#endif
