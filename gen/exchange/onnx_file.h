/*
** onnx_file.h - the messages of an ONNX file that are read, field by field (onnx.proto), with the
** byte at which each begins. For the reader alone: others see struct onnx_model.
*/
#ifndef LATHE_ONNX_FILE_H
#define LATHE_ONNX_FILE_H

#include "exchange/onnx.h"
#include "exchange/proto.h"

struct onnx_pair { size_t place; const char *key, *value; };

/* What a tensor's values are in: one of these. */
struct onnx_file_tensor {
    size_t place;
    const char *name;
    int64_t type, location;
    int64_t *dims; int ndims;
    struct proto_bytes raw; int nraw;
    float *floats; int nfloats;
    double *doubles; int ndoubles;
    int64_t *ints32, *ints64, *uints64; int nints32, nints64, nuints64;
    int nstrings, nsegments;
    struct proto_bytes *strings, segment;
    struct onnx_pair *external; int nexternal;
};

struct onnx_file_attribute {
    size_t place;
    struct onnx_attribute a;
    int64_t type; int ntype;
    const char *from;       /* of the function's attribute that it has the value of; NULL: none */
    struct proto_bytes s; int nf, ni, ns;
    struct onnx_file_tensor *t;
    struct proto_bytes graph, *graphs; int ngraph, ngraphs;
};

struct onnx_file_node {
    size_t place;
    struct onnx_node n;
    const char *overload;
    struct onnx_file_attribute *attributes; int nattributes;
};

struct onnx_opset { size_t place; const char *domain; int64_t version; };

/* Nodes under a name, with inputs, outputs and attributes of their own. */
struct onnx_function {
    size_t place;
    const char *name, *domain, *overload;
    const char **inputs, **outputs, **attributes; int ninputs, noutputs, nattributes;
    struct onnx_file_attribute *defaults; int ndefaults;
    struct onnx_file_node *nodes; int nnodes;
    struct onnx_opset *opsets; int nopsets;
};

struct onnx_dim { size_t place; int64_t value; int nvalue; };
struct onnx_shape { size_t place; struct onnx_dim *dims; int ndims; };
struct onnx_tensor_type { size_t place; int64_t type; struct onnx_shape *shape; };
struct onnx_value_type { size_t place; struct onnx_tensor_type *tensor; };
struct onnx_file_value { size_t place; const char *name; struct onnx_value_type *type; };

struct onnx_graph {
    size_t place;
    const char *name;
    struct onnx_file_node *nodes; int nnodes;
    struct onnx_file_tensor *tensors; int ntensors;
    struct onnx_file_value *inputs, *outputs; int ninputs, noutputs;
    struct proto_bytes *sparse; int nsparse;
};

struct onnx_file_model {
    size_t place;
    int64_t ir;
    const char *producer, *producer_version;
    struct onnx_graph *graph;
    struct onnx_opset *opsets; int nopsets;
    struct onnx_function *functions; int nfunctions;
};

extern const struct proto_message onnx_model_message;

/* What belongs to a model while it is in use. */
struct onnx_file {
    const char *path;
    unsigned char *bytes; size_t size;
    struct proto_heap heap;
    struct onnx_file_model model;
};

/* The version of ONNX's own operators; 0: none is named. */
int64_t onnx_opset(const struct onnx_opset *opsets, int n);

/* onnx_tensor.c: its values, whatever they are in. */
bool onnx_decode(struct onnx_file *file, const struct onnx_file_tensor *from,
                 struct onnx_tensor *tensor, char *err);

/* onnx_inline.c: nodes that are calls of functions become the functions' nodes. */
bool onnx_inline(struct onnx_file *file, char *err);

/* onnx_check.c: names are made once, before they are used. */
bool onnx_check(const struct onnx_file *file, const struct onnx_model *model, char *err);

/* "node 12 "conv1" (Conv)" */
void onnx_node_name(const struct onnx_node *n, int number, char *room, size_t size);

#endif
