/*
** sweeps.h - what fold.c works out anew for a stage with a pool that its head has not.
*/
#ifndef LATHE_SWEEPS_H
#define LATHE_SWEEPS_H

#include "base/net.h"

/* The stage's forward pass as a sweep over its input, */
void forward_sweep(const struct net *net, struct stage *s);
/* and whether it goes by Winograd's filtering. */
void choose_winograd_forward(const struct net *net, struct stage *s);

/* Zeros that all phases of a convolution's data gradient read around its output gradient. */
struct margins { int top, left, bottom, right; };
struct margins gradient_margins(const struct layer *conv);

/* A deconv's passes, of its mirror; pointwise: the layer after it that is no ReLU, or NULL. */
void deconv_sweeps(const struct net *net, const struct stage *s, const struct layer *pointwise);

/* The products of a place of all of Winograd's tiles by a panel of `width` filters: a convolution
** with one tap. */
struct sweep winograd_products(const struct sweep *f, int width);

#endif
