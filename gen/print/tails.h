/*
** tails.h - writes the loops that a template marks @tail.
*/
#ifndef LATHE_TAILS_H
#define LATHE_TAILS_H

#include "base/text.h"
#include "print/bindings.h"

/*
** Appends text to out. A loop
**
**   for (int c = 0; c < SIZE; c += STEP) { / * @tail [SUFFIX] [- SIZE] * /
**
** becomes one over whole steps, where the size has any, and after it, where something is left,
** its body once more with `c` the end of the whole ones, or SIZE before it. There every name that
** is bound with _SUFFIX, too, is that one. Where STEP is VL or NV*VL, words that read or write
** memory do so in part, and NV is 1: as many vectors as are whole must be a multiple of NV.
*/
void tails(const char *text, struct bindings *b, struct text *out);

#endif
