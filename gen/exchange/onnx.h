/*
** onnx.h - an ONNX model as its file has it (onnx.ai/onnx/repo-docs/IR.html), before anything is
** understood of it: nodes in an order in which each value is made before it is used, and weights.
*/
#ifndef LATHE_ONNX_H
#define LATHE_ONNX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ONNX_DIMS = 8, ONNX_OLDEST = 7, ONNX_NEWEST = 21,    /* opsets */
       ONNX_NODES = 1 << 16, ONNX_MIB = 2048 /* of memory a model may take, its file aside */ };

/* Kinds of elements, by the format's numbers (TensorProto.DataType). */
enum onnx_type { ONNX_F32 = 1, ONNX_U8 = 2, ONNX_I8 = 3, ONNX_U16 = 4, ONNX_I16 = 5, ONNX_I32 = 6,
                 ONNX_I64 = 7, ONNX_STRING = 8, ONNX_BOOL = 9, ONNX_F16 = 10, ONNX_F64 = 11,
                 ONNX_U32 = 12, ONNX_U64 = 13, ONNX_BF16 = 16 };
const char *onnx_type_name(int type);    /* "float16"; "unknown" */

struct onnx_tensor {
    const char *name;
    enum onnx_type type;
    int ndims;              /* 0: one value */
    int64_t dims[ONNX_DIMS];
    size_t count;           /* product of dims; as many values there are */
    double *values;         /* of whatever type; of 64-bit integers the nearest double */
};

/* Kinds of attributes, likewise (AttributeProto.AttributeType). */
enum onnx_kind { ONNX_FLOAT = 1, ONNX_INT = 2, ONNX_TEXT = 3, ONNX_TENSOR = 4, ONNX_GRAPH = 5,
                 ONNX_FLOATS = 6, ONNX_INTS = 7, ONNX_TEXTS = 8 };

struct onnx_attribute {
    const char *name;
    int type;               /* enum onnx_kind, or another one of the format's */
    float f; int64_t i;
    const char *s;          /* "" unless it is a text */
    struct onnx_tensor *t;  /* NULL unless it is a tensor */
    float *floats; int nfloats;
    int64_t *ints; int nints;
};

struct onnx_node {
    const char *name, *op, *domain;     /* "" where there is none; domain "": ONNX's own */
    const char **inputs, **outputs;     /* "" where an optional one is left out */
    int ninputs, noutputs;
    struct onnx_attribute *attributes; int nattributes;
};

/* ndims -1: unknown; a dim of -1 is unknown or has a name ("batch"). type 0: no tensor. */
struct onnx_value { const char *name; int type, ndims; int64_t dims[ONNX_DIMS]; };

struct onnx_model {
    int64_t ir, opset;      /* opset of ONNX's own operators */
    const char *producer, *producer_version, *graph;
    struct onnx_node *nodes; int nnodes;
    struct onnx_tensor *tensors; int ntensors;      /* initialisers */
    struct onnx_value *inputs, *outputs; int ninputs, noutputs;     /* inputs: no initialisers */
    struct onnx_file *file;
};

/*
** Reads a model; false, after `PATH: error: ...`, where it cannot be read, has no order, uses what
** nothing makes, or has a subgraph. Functions of its own are replaced by their nodes.
*/
bool onnx_read(const char *path, struct onnx_model *model);
void onnx_free(struct onnx_model *model);

#endif
