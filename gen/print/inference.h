/*
** inference.h - prints a program that only runs a network: NAME.c and NAME.h, C99 without a library.
*/
#ifndef LATHE_INFERENCE_H
#define LATHE_INFERENCE_H

#include "runtime/base/values_scale.h"
#include "base/net.h"
#include "base/text.h"
#include "exchange/constants.h"

struct inference_options {
    const char *name;           /* of the files, without .c; before every public name */
    bool blob;                  /* weights come in a file of their own */
    const char *classes;        /* their names, a line each; or NULL */
    const struct values_scale *pixels;  /* what 0 and 255 are; NULL: unknown, no net_run_u8 */
    const char *otherwise;      /* layers whose bits training has otherwise, with spaces; or "" */
};

/* Stack that net_run takes, at most, beside its caller's frame. */
enum { INFERENCE_STACK = 1024 };

void inference_source(const struct net *net, const struct constants *c,
                      const struct inference_options *o, struct text *out);
void inference_header(const struct net *net, const struct constants *c,
                      const struct inference_options *o, struct text *out);
/* The blob: INFERENCE_MARK, what tells one network's from another's, and the constants. */
void inference_weights(const struct net *net, const struct constants *c, struct text *out);

#endif
