/*
** emit.h - prints the program: per instruction set its networks' tables, its vocabulary and their
** kernels, then the list of all models.
*/
#ifndef LATHE_EMIT_H
#define LATHE_EMIT_H

#include "base/net.h"

/*
** Prints one C file with all the networks, which have gone through all passes. A network
** that is to run on several instruction sets comes once for each, widest first;
** all have the same type. split: only the networks' part, to be linked with
** runtime/liblathe.a (f64: runtime/liblathe64.a).
*/
void emit(struct net *const *nets, int nnets, bool split, FILE *out);

#endif
