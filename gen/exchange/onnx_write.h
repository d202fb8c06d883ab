/*
** onnx_write.h - a model of ONNX, node by node: opset 17, one input, one output. The messages and
** their fields' numbers are those of onnx/onnx.proto. It knows no network.
*/
#ifndef LATHE_ONNX_WRITE_H
#define LATHE_ONNX_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum { ONNX_WRITE_NAME = 96 };      /* room for a value's name */

struct onnx_writer {
    struct text nodes, tensors, inputs, outputs;    /* fields of the graph */
    struct text node;               /* the last one, which is written when the next begins */
    char output[ONNX_WRITE_NAME];   /* what it makes; "": there is no node yet */
};

/* A node, called after the value that it makes; its inputs and attributes follow. */
void onnx_put_node(struct onnx_writer *w, const char *op, const char *output);
void onnx_put_input(struct onnx_writer *w, const char *value);
void onnx_put_int(struct onnx_writer *w, const char *attribute, int64_t value);
void onnx_put_ints(struct onnx_writer *w, const char *attribute, const int64_t *value, int count);
void onnx_put_float(struct onnx_writer *w, const char *attribute, double value);
void onnx_put_string(struct onnx_writer *w, const char *attribute, const char *value);

/* Initialisers. */
void onnx_put_floats(struct onnx_writer *w, const char *name, const int64_t *dim, int rank,
                     const float *values);
void onnx_put_integers(struct onnx_writer *w, const char *name, const int64_t *values, int count);

/* The graph's own input or output: floats, (N, dim...), of any number of images. */
void onnx_put_graph_input(struct onnx_writer *w, const char *name, const int64_t *dim, int rank);
/* What the last node makes, by this name. */
void onnx_put_graph_output(struct onnx_writer *w, const char *name, const int64_t *dim, int rank);

/* The whole model; frees the writer. False: it is larger than a message of protobuf can be. */
struct onnx_note { const char *key, *value; };
bool onnx_put_model(struct onnx_writer *w, const char *graph, const struct onnx_note *note,
                    int notes, struct text *out);

#endif
