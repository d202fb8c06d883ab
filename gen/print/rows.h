/*
** rows.h - tables in a template: the mark @rows, one in a paragraph.
**
**   static const struct region regions[] = {                       its name
**       / * @rows * /
**       { .name = "conv1 forward", .count = 1, .images = 8 },      once for each row
**   };
**
** What has no brace is the one row of a struct, whose lines begin where the template's do.
*/
#ifndef LATHE_ROWS_H
#define LATHE_ROWS_H

#include "base/text.h"

/* A template's text from a paragraph on; what is put before its tables' names; a list of rows in C,
** "{ .name = \"x\", .count = 0 }, ...". */
struct filling { const char *rest, *prefix; struct text rows, *out; };

/*
** Appends what the text has up to its next table, and this with the rows, which it empties; without
** any, there is no table. A field that is 0 is left out, as it is 0 in C anyway, but for one that
** the template shows as 0. Where a row has other fields than the template, or in another order, it
** dies: the two cannot drift apart unseen.
*/
void fill_rows(struct filling *t, const char *name);

/* Appends a declaration with its end, from where a line begins, broken after commas at the width of
** the house, and empties it. */
void wrap(struct text *declaration, const char *end, struct text *out);

#endif
