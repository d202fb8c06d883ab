/*
** onnx_graphs.h - models of ONNX of a few lines of text, for tests of import:
**
**     input x 0,3,8,8                      a dim of 0 has a name
**     real w 4,3,3,3                       an initialiser of small numbers, each another one;
**     real s 1 0.5,2                       or of these
**     whole shape 2 -1,48                  of whole numbers
**     Conv conv1 x,w c I:pads=1,1,1,1      operator, name, inputs, outputs, attributes: of whole
**                                          numbers (I:), one (i:), reals (F:), one (f:), text (s:);
**     com.microsoft:Gelu g c d             of another domain
**     output c
*/
#ifndef LATHE_TEST_ONNX_GRAPHS_H
#define LATHE_TEST_ONNX_GRAPHS_H

#include "support/onnx_bytes.h"
#include "support/shell.h"

struct bytes lines_model(const char *lines, int opset);

/* `lathe import m.onnx` of them, of opset 17, with options. */
struct run import_lines(const char *lines, const char *options);

/* Of nodes between the map `c`, 4x6x6, which a convolution makes of 3x6x6, and the output `y`. */
struct run import_nodes(const char *nodes);

/* The reals of such lines as a safetensors file, as PyTorch's state_dicts are saved. */
struct bytes lines_weights(const char *lines);

/* The k-th of an initialiser's small numbers. */
float model_number(size_t k);

#endif
