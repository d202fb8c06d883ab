/*
** oracle.h - the naive network: every layer as its definition says, in double, in
** NCHW, one loop a dimension. What the kernels compute is compared with it. It
** must stay too simple to be wrong.
*/
#ifndef LATHE_TEST_ORACLE_H
#define LATHE_TEST_ORACLE_H

#include <stdbool.h>

#include "core/model.h"

enum { ORACLE_LAYERS = 90, ORACLE_BRANCHES = 8 };

enum oracle_kind { ORACLE_CONV, ORACLE_DECONV, ORACLE_RELU, ORACLE_MAXPOOL, ORACLE_AFFINE,
                   ORACLE_LEAKY_RELU, ORACLE_GELU, ORACLE_TANH, ORACLE_SIGMOID, ORACLE_SILU,
                   ORACLE_SCALE, ORACLE_CLIP, ORACLE_ELU, ORACLE_HARDSIGMOID, ORACLE_HARDSWISH,
                   ORACLE_AVGPOOL, ORACLE_RESHAPE, ORACLE_UPSAMPLE, ORACLE_DROPOUT,
                   ORACLE_BATCHNORM, ORACLE_FORK, ORACLE_ADD, ORACLE_JOIN, ORACLE_PRODUCT,
                   ORACLE_PRELU };

struct oracle_layer {
    enum oracle_kind kind;
    int c, h, w, oc, oh, ow;        /* shapes of input and output */
    int kh, kw, stride_y, stride_x, top, left;
    int above, before, below, after;        /* avgpool: padding that a mean counts */
    int groups, dilation;           /* conv */
    bool bilinear;                  /* upsample, stride_y x stride_x times as large */
    double number, second;          /* what stands after its word: clip's limits, a slope */
    double eps;                     /* batchnorm */
    int index;                      /* among the layers, from 0 */
    int weight, bias;               /* parameters; -1: it has none */
    int from;                       /* the layer that it reads, -1: the images */
    int end[ORACLE_BRANCHES], branches;     /* add, join, product: all that it reads */
    double *x, *dx;                 /* input and its gradient: [n][c][h][w] */
    double *y, *dy;                 /* output and its gradient */
};

struct oracle {
    const struct model *model;
    struct oracle_layer layer[ORACLE_LAYERS];
    int nlayers, n;
    double margin, smoothing;
    double **param, **grad;         /* canonical, one array a parameter */
    double *scores, *dscores;       /* [n][classes] */
    double *targets;                /* [n][classes], canonical, where there are no labels */
    const real *weight;             /* [classes], or NULL: all count alike */
};

/* Reads the layers from model->layers. */
void oracle_open(struct oracle *o, const struct model *model, int n);
void oracle_close(struct oracle *o);

/* Scores from the images, o->layer[0].x, and o->param. */
void oracle_forward(struct oracle *o);

/* o->grad from o->dscores, without the L2 term; after oracle_forward. */
void oracle_gradients(struct oracle *o);

/* The loss with the L2 term, and o->grad with it; after oracle_forward. */
double oracle_backward(struct oracle *o, const int32_t *labels, double reg);

#endif
