/*
** attribute.h - what a node says beside its inputs: attributes by name, and lists of whole numbers
** that are attributes in old opsets and inputs in new ones.
*/
#ifndef LATHE_ATTRIBUTE_H
#define LATHE_ATTRIBUTE_H

#include "exchange/incoming.h"

/* NULL: it is not there. */
const struct onnx_attribute *attribute(const struct onnx_node *n, const char *name);

/* Of another kind than is asked for: as if it were not there. */
int64_t attribute_int(const struct onnx_node *n, const char *name, int64_t unless);
double attribute_float(const struct onnx_node *n, const char *name, double unless);
const char *attribute_text(const struct onnx_node *n, const char *name, const char *unless);

/* The node's k-th input, or NULL where it is left out. */
struct value *node_input(const struct incoming *g, int node, int k);

/* The same, if it is a constant: else NULL. */
const struct onnx_tensor *node_constant(const struct incoming *g, int node, int k);

/* The attribute, or the constant k-th input; how many there are, at most `most`; -1: neither, -2:
** an input that is no constant, or more. */
int node_ints(const struct incoming *g, int node, const char *name, int k, int64_t *out, int most);

/* Does a permutation's list name each dimension once? */
bool is_order(const int64_t *perm, int ndims);

/* An axis counted from the end is counted from the start. False: there is none of it. */
bool axis_of(int64_t axis, int ndims, int *out);

#endif
