/*
** views.h - in which order a value has the axes of the layer that makes it. Transposes and most
** Reshapes are other views of one map, and nothing is computed for them.
*/
#ifndef LATHE_VIEWS_H
#define LATHE_VIEWS_H

#include "exchange/incoming.h"

/* A part as a map whose dimensions after the first are channels; channels and columns; or channels,
** rows and columns: the value's own, or one reshaped. PART_NONE: refused. */
int view_map(struct incoming *g, int node, int value);

/* A value that is made by a part, with dimensions as those of view_map. */
int view_add(struct incoming *g, int node, int part, int ndims);

/* The node's output: another view of its first input, of these dims. False: refused. */
bool view_reshape(struct incoming *g, int node, int ndims, const int64_t *dims);
bool view_transpose(struct incoming *g, int node);
bool view_same(struct incoming *g, int node);

/* Where in the value's order, of an image, a value of the part that makes it is. */
size_t view_place(const struct incoming *g, const struct value *v, int c, int h, int w);

/* Is the dimension made of this axis alone? One of size 1 is of any. */
bool view_is_axis(const struct incoming *g, const struct value *v, int dim, int axis);
int view_axis_size(const struct incoming *g, const struct value *v, int axis);

/* A constant that is joined to the value: one number a channel, *per = 1, or one for each of its
** values, in the part's order. NULL: it does not fit. The caller frees it. */
double *view_constant(const struct incoming *g, int value, const struct onnx_tensor *t,
                      size_t *per);

#endif
