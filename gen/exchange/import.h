/*
** import.h - an ONNX model as a network file and the parameters of its layers.
*/
#ifndef LATHE_IMPORT_H
#define LATHE_IMPORT_H

#include "base/text.h"
#include "exchange/blocks.h"

/* What the model makes of the network's scores. */
enum import_end { END_SCORES, END_SOFTMAX, END_LOG_SOFTMAX, END_SIGMOID };

struct imported {
    struct onnx_model model;
    struct incoming in;
    struct network_parts parts;
    int *order, norder;         /* its layers, as netfile_order has them */
    struct text file;           /* the network file */
    struct value output;        /* the model's, made by the part `last`, and by `end` of that */
    int last;
    enum import_end end;
    enum preprocess_kind preprocess;
};

/* The model of a file. False: why it cannot be read was printed. */
bool import_open(struct imported *m, const char *path);

/* The network of the model; name: its own. False: each thing that cannot be said was printed. */
bool import_read(struct imported *m, const char *path, const char *name);

/* Are the model's values doubles? */
bool import_doubles(const struct imported *m);

/* The values of a parameter of the network that the file became: as many as param_shape says. */
const double *import_param(const struct imported *m, const struct net *net,
                           const struct net_param *p);

/* What the model calls a layer's weights, of which the parameter is one; "": nothing. */
const char *import_called(const struct imported *m, const struct net *net,
                          const struct net_param *p);

#endif
