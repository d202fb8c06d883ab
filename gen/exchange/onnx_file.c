/*
** onnx_file.c - the tables by which an ONNX file is read. Numbers and names are those of
** onnx.proto; what is not here (documentation, metadata, training) is passed over.
*/
#include "exchange/onnx_file.h"

#include <string.h>

/* A field that should be there once, one that is counted, a message, a list of messages. OF is the
** struct that is filled. */
#define ONE(number, kind, name, to) { number, PROTO_##kind, name, offsetof(OF, to), 0, NULL }
#define SOME(number, kind, name, to, count) \
    { number, PROTO_##kind, name, offsetof(OF, to), offsetof(OF, count), NULL }
#define INNER(number, name, to, message) \
    { number, PROTO_MESSAGE, name, offsetof(OF, to), 0, &message##_message }
#define INNERS(number, name, to, count, message) \
    { number, PROTO_MESSAGE_LIST, name, offsetof(OF, to), offsetof(OF, count), &message##_message }
#define MESSAGE(name, rows) { name, sizeof(OF), rows, sizeof (rows) / sizeof *(rows) }

#define OF struct onnx_pair
static const struct proto_row pair_rows[] = {
    ONE(1, TEXT, "key", key),
    ONE(2, TEXT, "value", value),
};
static const struct proto_message pair_message = MESSAGE("StringStringEntryProto", pair_rows);
#undef OF

#define OF struct onnx_file_tensor
static const struct proto_row tensor_rows[] = {
    SOME(1, INT_LIST, "dims", dims, ndims),
    ONE(2, INT, "data_type", type),
    SOME(3, BYTES, "segment", segment, nsegments),
    SOME(4, FLOAT_LIST, "float_data", floats, nfloats),
    SOME(5, INT_LIST, "int32_data", ints32, nints32),
    SOME(6, BYTES_LIST, "string_data", strings, nstrings),
    SOME(7, INT_LIST, "int64_data", ints64, nints64),
    ONE(8, TEXT, "name", name),
    SOME(9, BYTES, "raw_data", raw, nraw),
    SOME(10, DOUBLE_LIST, "double_data", doubles, ndoubles),
    SOME(11, INT_LIST, "uint64_data", uints64, nuints64),
    INNERS(13, "external_data", external, nexternal, pair),
    ONE(14, INT, "data_location", location),
};
static const struct proto_message tensor_message = MESSAGE("TensorProto", tensor_rows);
#undef OF

#define OF struct onnx_file_attribute
static const struct proto_row attribute_rows[] = {
    ONE(1, TEXT, "name", a.name),
    SOME(2, FLOAT, "f", a.f, nf),
    SOME(3, INT, "i", a.i, ni),
    SOME(4, BYTES, "s", s, ns),
    INNER(5, "t", t, tensor),
    SOME(6, BYTES, "g", graph, ngraph),
    SOME(7, FLOAT_LIST, "floats", a.floats, a.nfloats),
    SOME(8, INT_LIST, "ints", a.ints, a.nints),
    SOME(11, BYTES_LIST, "graphs", graphs, ngraphs),
    SOME(20, INT, "type", type, ntype),
    ONE(21, TEXT, "ref_attr_name", from),
};
static const struct proto_message attribute_message = MESSAGE("AttributeProto", attribute_rows);
#undef OF

#define OF struct onnx_file_node
static const struct proto_row node_rows[] = {
    SOME(1, TEXT_LIST, "input", n.inputs, n.ninputs),
    SOME(2, TEXT_LIST, "output", n.outputs, n.noutputs),
    ONE(3, TEXT, "name", n.name),
    ONE(4, TEXT, "op_type", n.op),
    INNERS(5, "attribute", attributes, nattributes, attribute),
    ONE(7, TEXT, "domain", n.domain),
    ONE(8, TEXT, "overload", overload),
};
static const struct proto_message node_message = MESSAGE("NodeProto", node_rows);
#undef OF

#define OF struct onnx_opset
static const struct proto_row opset_rows[] = {
    ONE(1, TEXT, "domain", domain),
    ONE(2, INT, "version", version),
};
static const struct proto_message opset_message = MESSAGE("OperatorSetIdProto", opset_rows);
#undef OF

#define OF struct onnx_function
static const struct proto_row function_rows[] = {
    ONE(1, TEXT, "name", name),
    SOME(4, TEXT_LIST, "input", inputs, ninputs),
    SOME(5, TEXT_LIST, "output", outputs, noutputs),
    SOME(6, TEXT_LIST, "attribute", attributes, nattributes),
    INNERS(7, "node", nodes, nnodes, node),
    INNERS(9, "opset_import", opsets, nopsets, opset),
    ONE(10, TEXT, "domain", domain),
    INNERS(11, "attribute_proto", defaults, ndefaults, attribute),
    ONE(13, TEXT, "overload", overload),
};
static const struct proto_message function_message = MESSAGE("FunctionProto", function_rows);
#undef OF

#define OF struct onnx_dim
static const struct proto_row dim_rows[] = {
    SOME(1, INT, "dim_value", value, nvalue),
};
static const struct proto_message dim_message = MESSAGE("TensorShapeProto.Dimension", dim_rows);
#undef OF

#define OF struct onnx_shape
static const struct proto_row shape_rows[] = {
    INNERS(1, "dim", dims, ndims, dim),
};
static const struct proto_message shape_message = MESSAGE("TensorShapeProto", shape_rows);
#undef OF

#define OF struct onnx_tensor_type
static const struct proto_row tensor_type_rows[] = {
    ONE(1, INT, "elem_type", type),
    INNER(2, "shape", shape, shape),
};
static const struct proto_message tensor_type_message =
    MESSAGE("TypeProto.Tensor", tensor_type_rows);
#undef OF

#define OF struct onnx_value_type
static const struct proto_row value_type_rows[] = {
    INNER(1, "tensor_type", tensor, tensor_type),
};
static const struct proto_message value_type_message = MESSAGE("TypeProto", value_type_rows);
#undef OF

#define OF struct onnx_file_value
static const struct proto_row value_rows[] = {
    ONE(1, TEXT, "name", name),
    INNER(2, "type", type, value_type),
};
static const struct proto_message value_message = MESSAGE("ValueInfoProto", value_rows);
#undef OF

#define OF struct onnx_graph
static const struct proto_row graph_rows[] = {
    INNERS(1, "node", nodes, nnodes, node),
    ONE(2, TEXT, "name", name),
    INNERS(5, "initializer", tensors, ntensors, tensor),
    INNERS(11, "input", inputs, ninputs, value),
    INNERS(12, "output", outputs, noutputs, value),
    SOME(15, BYTES_LIST, "sparse_initializer", sparse, nsparse),
};
static const struct proto_message graph_message = MESSAGE("GraphProto", graph_rows);
#undef OF

#define OF struct onnx_file_model
static const struct proto_row model_rows[] = {
    ONE(1, INT, "ir_version", ir),
    ONE(2, TEXT, "producer_name", producer),
    ONE(3, TEXT, "producer_version", producer_version),
    INNER(7, "graph", graph, graph),
    INNERS(8, "opset_import", opsets, nopsets, opset),
    INNERS(25, "functions", functions, nfunctions, function),
};
const struct proto_message onnx_model_message = MESSAGE("ModelProto", model_rows);
#undef OF

int64_t onnx_opset(const struct onnx_opset *opsets, int n)
{
    for (int k = 0; k < n; k++)
        if (!opsets[k].domain || !*opsets[k].domain || !strcmp(opsets[k].domain, "ai.onnx"))
            return opsets[k].version;
    return 0;
}
