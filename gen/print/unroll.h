/*
** unroll.h - writes out the loops that a template marks UNROLL.
*/
#ifndef LATHE_UNROLL_H
#define LATHE_UNROLL_H

#include "base/text.h"
#include "print/bindings.h"

/* The end of the token that starts at s: an identifier, a number, or one character. */
const char *token_end(const char *s);

/*
** Appends text to out, every loop `UNROLL for (int i = A; i < B; i++) statement`
** in it written out; bounds are expressions of numbers and of b's sizes. A nest
** longer than UNROLL_LINES keeps its outermost loop and is counted in
** b->loops_kept.
*/
void unroll(const char *text, struct bindings *b, struct text *out);

/* Appends text to out without the terms 0 and 0*SIZE of sums, and 1*SIZE as SIZE: loops
** written out have many, and who reads them is looking for the others. */
void drop_idle(const char *text, struct text *out);

#endif
