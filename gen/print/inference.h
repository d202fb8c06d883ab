/*
** inference.h - prints what only runs a network: NAME.c and NAME.h, C99 without a library.
*/
#ifndef LATHE_INFERENCE_H
#define LATHE_INFERENCE_H

#include "base/net.h"
#include "base/text.h"
#include "exchange/constants.h"
#include "print/inference_options.h"

void inference_source(const struct net *net, const struct constants *c,
                      const struct inference_options *o, struct text *out);
void inference_header(const struct net *net, const struct constants *c,
                      const struct inference_options *o, struct text *out);
/* The blob: INFERENCE_MARK, what tells one network's from another's, and the constants. */
void inference_weights(const struct net *net, const struct constants *c, struct text *out);

#endif
