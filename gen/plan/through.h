/*
** through.h - what a convolution does for the batchnorms before and after it, while it has their
** maps at hand.
*/
#ifndef LATHE_THROUGH_H
#define LATHE_THROUGH_H

#include "base/net.h"

/* Fills conv_plan's `through`, of all convolutions; from algorithms. No bit of a result depends on
** it. */
void plan_through(struct net *net);

/* The convolution that a norm stage reads takes its gradient through it, and none is stored. */
bool is_through(const struct net *net, int norm);
/* The convolution that reads a norm stage makes the sums of its gradient. */
bool is_summed(const struct net *net, int norm);
/* A norm stage's gradient needs the output of the pointwise layer after it. */
bool by_output(const struct net *net, const struct stage *norm);
/* The stage whose output's gradient a stage's backward regions read: the norm that it goes through,
** or itself. */
const struct stage *gradient_of(const struct net *net, const struct stage *s);

#endif
