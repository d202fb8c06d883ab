/*
** fold_math.h - arithmetic with constants alone. Each function returns what the node makes, or
** NULL: refused.
*/
#ifndef LATHE_FOLD_MATH_H
#define LATHE_FOLD_MATH_H

#include "exchange/incoming.h"

/* Pointwise operators, comparisons and Where, of constants of any shapes that fit. */
const struct onnx_tensor *fold_elements(struct incoming *g, int node);
bool folds_elements(const char *op);

const struct onnx_tensor *fold_reduce(struct incoming *g, int node);
const struct onnx_tensor *fold_range(struct incoming *g, int node);

/* Weights of 8 bits become reals. */
const struct onnx_tensor *fold_dequantize(struct incoming *g, int node);

bool is_whole(enum onnx_type type);

#endif
