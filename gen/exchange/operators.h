/*
** operators.h - the operators of ONNX that are understood: one table.
*/
#ifndef LATHE_OPERATORS_H
#define LATHE_OPERATORS_H

#include "exchange/incoming.h"

/* All nodes, in order: values and parts. False: something was refused, all of which was printed. */
bool operators_read(struct incoming *g);

#endif
