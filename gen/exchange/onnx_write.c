/*
** onnx_write.c - a model of ONNX as messages of protobuf. It must never write a value's bytes
** but in the order of the format, lowest first, which is that of the machines lathe runs on.
*/
#include "exchange/onnx_write.h"

#include <limits.h>
#include <stdio.h>

#include "runtime/base/version.h"
#include "base/die.h"
#include "exchange/onnx.h"
#include "exchange/proto_write.h"

/* Of onnx.proto: IR version 8 came with opset 15 to 17. */
enum { IR_VERSION = 8, OPSET = 17 };

enum { MODEL_IR_VERSION = 1, MODEL_PRODUCER = 2, MODEL_PRODUCER_VERSION = 3, MODEL_GRAPH = 7,
       MODEL_OPSET = 8, MODEL_METADATA = 14 };
enum { GRAPH_NODE = 1, GRAPH_NAME = 2, GRAPH_INITIALIZER = 5, GRAPH_INPUT = 11,
       GRAPH_OUTPUT = 12 };
enum { NODE_INPUT = 1, NODE_OUTPUT = 2, NODE_NAME = 3, NODE_OP = 4, NODE_ATTRIBUTE = 5 };
enum { ATTRIBUTE_NAME = 1, ATTRIBUTE_F = 2, ATTRIBUTE_I = 3, ATTRIBUTE_S = 4, ATTRIBUTE_INTS = 8,
       ATTRIBUTE_TYPE = 20 };
enum { TENSOR_DIM = 1, TENSOR_TYPE = 2, TENSOR_NAME = 8, TENSOR_RAW = 9 };
enum { VALUE_NAME = 1, VALUE_TYPE = 2, TYPE_TENSOR = 1, TENSOR_TYPE_ELEMENT = 1,
       TENSOR_TYPE_SHAPE = 2, SHAPE_DIM = 1, DIM_VALUE = 1, DIM_PARAM = 2 };
enum { OPSET_DOMAIN = 1, OPSET_VERSION = 2, NOTE_KEY = 1, NOTE_VALUE = 2 };

/* The node before, which nobody can rename any more. */
static void finish_node(struct onnx_writer *w)
{
    if (!w->output[0])
        return;
    proto_string(&w->node, NODE_OUTPUT, w->output);
    proto_message(&w->nodes, GRAPH_NODE, &w->node);
}

void onnx_put_node(struct onnx_writer *w, const char *op, const char *output)
{
    finish_node(w);
    if (snprintf(w->output, sizeof w->output, "%s", output) >= (int)sizeof w->output)
        DIE("the value \"%s\" has too long a name", output);
    proto_string(&w->node, NODE_NAME, output);
    proto_string(&w->node, NODE_OP, op);
}

void onnx_put_input(struct onnx_writer *w, const char *value)
{
    proto_string(&w->node, NODE_INPUT, value);
}

static void put_attribute(struct onnx_writer *w, const char *name, struct text *value, int type)
{
    struct text attribute = { 0 };
    proto_string(&attribute, ATTRIBUTE_NAME, name);
    text_add(&attribute, text_string(value), value->length);
    proto_int(&attribute, ATTRIBUTE_TYPE, type);
    proto_message(&w->node, NODE_ATTRIBUTE, &attribute);
    text_free(value);
}

void onnx_put_int(struct onnx_writer *w, const char *attribute, int64_t value)
{
    struct text t = { 0 };
    proto_int(&t, ATTRIBUTE_I, value);
    put_attribute(w, attribute, &t, ONNX_INT);
}

void onnx_put_ints(struct onnx_writer *w, const char *attribute, const int64_t *value, int count)
{
    struct text t = { 0 };
    for (int k = 0; k < count; k++)
        proto_int(&t, ATTRIBUTE_INTS, value[k]);
    put_attribute(w, attribute, &t, ONNX_INTS);
}

void onnx_put_float(struct onnx_writer *w, const char *attribute, double value)
{
    struct text t = { 0 };
    proto_float(&t, ATTRIBUTE_F, (float)value);
    put_attribute(w, attribute, &t, ONNX_FLOAT);
}

void onnx_put_string(struct onnx_writer *w, const char *attribute, const char *value)
{
    struct text t = { 0 };
    proto_string(&t, ATTRIBUTE_S, value);
    put_attribute(w, attribute, &t, ONNX_TEXT);
}

static void put_tensor(struct onnx_writer *w, const char *name, int type, const int64_t *dim,
                       int rank, const void *values, size_t size)
{
    struct text tensor = { 0 };
    for (int k = 0; k < rank; k++) {
        proto_int(&tensor, TENSOR_DIM, dim[k]);
        size *= (size_t)dim[k];
    }
    proto_int(&tensor, TENSOR_TYPE, type);
    proto_string(&tensor, TENSOR_NAME, name);
    proto_bytes(&tensor, TENSOR_RAW, values, size);
    proto_message(&w->tensors, GRAPH_INITIALIZER, &tensor);
}

void onnx_put_floats(struct onnx_writer *w, const char *name, const int64_t *dim, int rank,
                     const float *values)
{
    put_tensor(w, name, ONNX_F32, dim, rank, values, sizeof *values);
}

void onnx_put_integers(struct onnx_writer *w, const char *name, const int64_t *values, int count)
{
    const int64_t dim = count;
    put_tensor(w, name, ONNX_I64, &dim, 1, values, sizeof *values);
}

/* (N, dim...) */
static void put_value(struct text *list, int field, const char *name, const int64_t *dim, int rank)
{
    struct text one = { 0 }, shape = { 0 }, tensor = { 0 }, type = { 0 }, value = { 0 };
    proto_string(&one, DIM_PARAM, "N");
    proto_message(&shape, SHAPE_DIM, &one);
    for (int k = 0; k < rank; k++) {
        proto_int(&one, DIM_VALUE, dim[k]);
        proto_message(&shape, SHAPE_DIM, &one);
    }
    proto_int(&tensor, TENSOR_TYPE_ELEMENT, ONNX_F32);
    proto_message(&tensor, TENSOR_TYPE_SHAPE, &shape);
    proto_message(&type, TYPE_TENSOR, &tensor);
    proto_string(&value, VALUE_NAME, name);
    proto_message(&value, VALUE_TYPE, &type);
    proto_message(list, field, &value);
}

void onnx_put_graph_input(struct onnx_writer *w, const char *name, const int64_t *dim, int rank)
{
    put_value(&w->inputs, GRAPH_INPUT, name, dim, rank);
}

void onnx_put_graph_output(struct onnx_writer *w, const char *name, const int64_t *dim, int rank)
{
    snprintf(w->output, sizeof w->output, "%s", name);
    put_value(&w->outputs, GRAPH_OUTPUT, name, dim, rank);
}

static void add_fields(struct text *message, struct text *fields)
{
    text_add(message, text_string(fields), fields->length);
    text_free(fields);
}

bool onnx_put_model(struct onnx_writer *w, const char *graph, const struct onnx_note *note,
                    int notes, struct text *out)
{
    struct text body = { 0 }, opset = { 0 }, entry = { 0 };
    finish_node(w);
    add_fields(&body, &w->nodes);
    proto_string(&body, GRAPH_NAME, graph);
    add_fields(&body, &w->tensors);
    add_fields(&body, &w->inputs);
    add_fields(&body, &w->outputs);
    proto_int(out, MODEL_IR_VERSION, IR_VERSION);
    proto_string(out, MODEL_PRODUCER, "lathe");
    proto_string(out, MODEL_PRODUCER_VERSION, LATHE_VERSION);
    proto_message(out, MODEL_GRAPH, &body);
    proto_string(&opset, OPSET_DOMAIN, "");
    proto_int(&opset, OPSET_VERSION, OPSET);
    proto_message(out, MODEL_OPSET, &opset);
    for (int k = 0; k < notes; k++) {
        proto_string(&entry, NOTE_KEY, note[k].key);
        proto_string(&entry, NOTE_VALUE, note[k].value);
        proto_message(out, MODEL_METADATA, &entry);
    }
    return out->length <= INT_MAX;
}
