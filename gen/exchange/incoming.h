/*
** incoming.h - an ONNX model on its way to a network: what is known of each value, and the layers
** that have been made of nodes so far. operators.c fills it, node by node.
*/
#ifndef LATHE_INCOMING_H
#define LATHE_INCOMING_H

#include "base/names.h"
#include "base/net.h"
#include "exchange/onnx.h"

/*
** Of which axes of a layer's output a dimension of a value is made, the outermost first. Axes of
** size 1 are left out: they are anywhere. The first dimension is the batch and has none. So NHWC
** is {} {H} {W} {C}, and flattened {} {H W C}.
*/
enum { AXIS_C, AXIS_H, AXIS_W, AXES };
struct group { int count; int axis[AXES]; };

enum value_kind {
    VALUE_UNKNOWN,              /* of a node that was refused, or reads such: said once */
    VALUE_CONSTANT,
    VALUE_MAP,                  /* what a part makes, its axes in whatever order */
    VALUE_POINTWISE             /* a function of each value of `base` alone, not yet a layer */
};

enum { PART_NONE = -2 };        /* INPUT is -1 */

struct value {
    enum value_kind kind;
    const char *name;
    int ndims;
    int64_t dims[ONNX_DIMS];
    const struct onnx_tensor *constant;
    int part;                   /* MAP; POINTWISE: once a layer was made of it, else PART_NONE */
    struct group group[ONNX_DIMS];
    int node;                   /* that makes it; -1: none does */
    int base, cone;             /* POINTWISE: a MAP; how many nodes at most lie between */
    int via;                    /* MAP: of which value it is another view, or -1 */
    bool repeated;              /* an Expand's: its dims are those before it */
    int uses;                   /* nodes that read its values, and the model's output */
};

/* What is no layer of the network file: it goes into the preprocessing, or into what reads it. */
enum { PART_PREPROCESS = LAYER_KINDS, PART_PAD };

enum { PARTS_MOST = 20000 };     /* twice what a network file may have */
enum { PART_TENSORS = 4 };      /* weight, bias, running mean and variance */

struct part {
    struct layer l;             /* its kind, operands and options; `in`, `out` */
    int node;
    int from[2], nfrom; int *more;      /* what it reads; more: of a join, all of it */
    const char *hint[3];        /* names to call it by, the best one first; or NULL */
    double *tensor[PART_TENSORS];
    size_t count[PART_TENSORS];
    double fill;                /* PART_PAD */
};

struct incoming {
    const char *path;
    const struct onnx_model *model;
    bool own;                   /* `lathe export` wrote it: names tell which nodes are one layer */
    int64_t batch;              /* the first dimension of each map */
    struct shape input;         /* of an image, as the network file has it */
    int input_value;
    bool reshaped;              /* it has the file's values in their order, in another shape */
    struct value *value; int nvalues;
    struct names names;         /* to values */
    struct names uses; int *use;        /* how often a name is read */
    struct part *part; int nparts;
    int softmax;                /* the value that the last Softmax makes; 0: there is none */
    bool log;                   /* it is a LogSoftmax */
    size_t folded;              /* values of constants made here */
    int refused;
};

/* The model's initialisers and inputs as values. False: a message was printed. */
bool incoming_open(struct incoming *g, const struct onnx_model *model, const char *path);

/* Refuses parameters that are no numbers in f32: the programs would refuse their file. */
void incoming_check_tensors(struct incoming *g);

/* Prints `PATH: error: node "NAME" (OPERATOR): MESSAGE` and counts it; node -1: of the whole. */
bool refuse(struct incoming *g, int node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A value's number, by name; -1: there is none, or the name is "". */
int incoming_value(const struct incoming *g, const char *name);
int incoming_add_value(struct incoming *g, const char *name, struct value v);

/* The node's first output: a map that `part` makes, with v's dimensions and their groups. Its
** number. */
int incoming_add_map(struct incoming *g, int node, int part, struct value v);

/* `lathe export` calls nodes LAYER or, of pieces of one, LAYER/PIECE. In its models: is a node all
** that a layer is; are two of one layer? In others they say that nothing is known: false, true. So
** names decide how a network is spelt, never what it computes. */
bool incoming_is_layer(const struct incoming *g, int node);
bool incoming_one_layer(const struct incoming *g, int a, int b);

/* Nodes that read its values, and the model's output. */
int incoming_uses(const struct incoming *g, const char *name);

/* Do nothing but these two read what the value holds, from the part that made it on? */
bool incoming_private(const struct incoming *g, int value);

struct part *incoming_add_part(struct incoming *g, enum layer_kind kind, int node, int from);
const int *part_reads(const struct part *p);

/* What a part makes, INPUT's shape too. */
struct shape part_shape(const struct incoming *g, int part);

/* A constant of these dims, its values zero. NULL, and refused: more than FOLDED_MOST in all. */
enum { FOLDED_MOST = 1 << 28 };
struct onnx_tensor *incoming_tensor(struct incoming *g, int node, enum onnx_type type, int ndims,
                                 const int64_t *dims);

/* "2x3x4", of dims after the first; for messages. */
struct dims_text { char text[96]; } dims_text(const struct value *v);

/* The value of a node's first input. */
static inline int first_input(const struct incoming *g, int node)
{
    return incoming_value(g, g->model->nodes[node].inputs[0]);
}

/* A map as the one that it is made of. */
static inline void add_like(struct incoming *g, int node, int like, int part)
{
    incoming_add_map(g, node, part, g->value[like]);
}

#endif
