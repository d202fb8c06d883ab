/*
** oracle_simple.h - what oracle.c asks of pointwise layers, pools, ends of branches and shapes.
*/
#ifndef LATHE_TEST_ORACLE_SIMPLE_H
#define LATHE_TEST_ORACLE_SIMPLE_H

#include "support/oracle.h"

/* Reads the line of a reshape or an upsample; false: it is none. */
bool oracle_shape_layer(struct oracle_layer *l, const char *line);

double oracle_pointwise(const struct oracle_layer *l, double x);
/* The derivative at x, by its formula. */
double oracle_slope(const struct oracle_layer *l, double x);

/* Where in the input the first largest value of the window of output k is. */
size_t oracle_winner(const struct oracle_layer *l, size_t k);
/* avgpool, `out` outputs: forward y, or, given dy, backward dx; NULL: not. */
void oracle_average(const struct oracle_layer *l, size_t out, double *y, const double *dy,
                    double *dx);
/* The same of upsample. */
void oracle_upsample(const struct oracle_layer *l, size_t out, double *y, const double *dy,
                     double *dx);

/* Forward y, or, given dy, backward dx and what the slopes' gradient is more. */
void oracle_prelu(const struct oracle_layer *l, int n, const double *slope, double *y,
                  const double *dy, double *dslope);
/* What ends branches: forward y, or, given dy, adds to the gradients of what it reads. */
void oracle_add(const struct oracle *o, const struct oracle_layer *l, double *y, const double *dy);
void oracle_join(const struct oracle *o, const struct oracle_layer *l, double *y,
                 const double *dy);
void oracle_product(const struct oracle *o, const struct oracle_layer *l, double *y,
                    const double *dy);

#endif
