/*
** graph.h - a network on its way into a graph of ONNX: what each layer's output is called there,
** and as what it lies there.
*/
#ifndef LATHE_GRAPH_H
#define LATHE_GRAPH_H

#include "exchange/onnx_write.h"
#include "exchange/parameters.h"

struct export_options;

struct graph_value {
    char name[ONNX_WRITE_NAME];
    struct shape shape;
    bool row;                   /* (N, C), else (N, C, H, W) */
};

struct graph {
    const struct net *net;
    const struct parameters *parameters;
    const struct export_options *options;
    struct onnx_writer out;
    struct graph_value input;   /* as the first layers take it */
    struct graph_value *value;  /* [net->nlayers] */
};

/* What a layer reads, INPUT too. */
const struct graph_value *graph_value(const struct graph *g, int layer);

/* The value as (N, C, H, W), or as a row of all its values; `reader` names the node that makes it
** so where it is not. */
struct graph_value graph_map(struct graph *g, const struct graph_value *v, const char *reader);
struct graph_value graph_row(struct graph *g, const struct graph_value *v, const char *reader);

/* An initialiser of rank 0. */
void graph_number(struct graph *g, const char *name, double value);

/* The nodes of layer i, into g->value[i]. */
void graph_layer(struct graph *g, int i);

#endif
