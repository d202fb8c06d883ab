/*
** initialiser.h - fields of C initialisers, wrapped at the width of the house.
*/
#ifndef LATHE_INITIALISER_H
#define LATHE_INITIALISER_H

#include <stdbool.h>

#include "base/text.h"

/* What is being printed: a list whose lines begin at column `indent`. */
struct initialiser { struct text *out; int indent; bool first; };

/* Goes on where out ends. */
struct initialiser open_initialiser(struct text *out, int indent);

/* The next field, on a line of its own where the last one has no room for it. */
void field(struct initialiser *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A row of a table, in braces. */
struct initialiser open_row(struct text *out);
void close_row(struct initialiser *row);

/* A decimal that is x, and a short one. */
struct decimal { char text[32]; };
struct decimal exactly(double x);

#endif
