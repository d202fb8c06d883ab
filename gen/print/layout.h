/*
** layout.h - lines of what a template becomes: names and numbers are longer or shorter there than
** the template's.
*/
#ifndef LATHE_LAYOUT_H
#define LATHE_LAYOUT_H

#include "base/text.h"

/* Appends text with the lines after an open parenthesis aligned to it, and broken anew where one
** has more than 100 columns. */
void lay_out_lines(const char *text, struct text *out);

/* The same with "1 vectors" as "1 vector". */
void put_singular(const char *text, struct text *out);

/* Breaks the last line of out, a comment's that begins at `start`, if it is too long. */
void wrap_comment(struct text *out, size_t start);

#endif
