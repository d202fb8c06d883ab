/*
** dense.h - Gemm and MatMul by constants. Each makes its node's output; false: refused.
*/
#ifndef LATHE_DENSE_H
#define LATHE_DENSE_H

#include "exchange/incoming.h"

bool gemm(struct incoming *g, int node);
bool matrix_product(struct incoming *g, int node);

#endif
