/*
** netfile.h - writes the layers of an imported network as a person would: repeats folded, options
** only where they differ from what is assumed.
*/
#ifndef LATHE_NETFILE_H
#define LATHE_NETFILE_H

#include "base/text.h"
#include "exchange/blocks.h"

/* The lines from the first layer to the last. */
void netfile_layers(const struct incoming *g, struct sequence *all, struct text *out);

/* The parts that are layers, in the order in which the file has them, repeats written out. */
int netfile_order(const struct sequence *all, int **part);

/* The shortest decimals that are the same float. */
struct float_text { char text[32]; } float_text(double x);

#endif
