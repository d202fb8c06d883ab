/*
** tables.h - the tables of a network: what there is for the runtime to run.
*/
#ifndef LATHE_TABLES_H
#define LATHE_TABLES_H

#include "base/net.h"
#include "base/text.h"
#include "print/emission.h"

/* Declares the optimizers' functions, which the vocabulary defines. */
void declare_optimizers(struct text *out);

/* All of a network's tables, the model last, with the declarations of what they point to. */
void tables(const struct net *net, const struct prefixes *prefix, struct text *out);

/* The functions that the model points to and that are no region's. */
void table_functions(const struct net *net, const struct prefixes *prefix, struct text *out);

#endif
