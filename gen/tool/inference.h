/*
** inference.h - `lathe emit --inference`.
*/
#ifndef LATHE_EMIT_INFERENCE_H
#define LATHE_EMIT_INFERENCE_H

#include "tool/options.h"

/* Writes FILE.c, FILE.h and, if asked for, FILE.weights. False: a message was printed. */
bool emit_inference(struct options *o, const struct isa *isa, int *status);

#endif
