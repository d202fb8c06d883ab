/*
** tmpl.h - instantiates a template (docs/design.md, Templates).
**
** A template is C that compiles as it stands. Eight marks, all of them C, say
** what the generator may replace:
**
**   #define NAME conv_fwd    / * @name * /    the identifier NAME becomes its binding
**   enum { / * @sizes * / CI = 16, ... };     values come from the bindings
**   #define RELU 1           / * @flag * /    its #if RELU / #if !RELU is resolved
**   UNROLL for (int m = 0; m < MR; m++)       written out
**   for (int c = 0; c < C; c += VL) { / * @tail * /   and once more for what is left (tails.h)
**   / * @epilogue v * /                       one `v = op(v, ...);` for each bound operation
**   / * @here kernels * /                     a splice point, bound to a text
**   / * @rows * /                             rows of a table, which rows.h fills
**
** The file's first comment and its #include "..." lines are for the reader of
** the template and are left out.
*/
#ifndef LATHE_TMPL_H
#define LATHE_TMPL_H

#include "base/text.h"
#include "print/bindings.h"

/*
** Appends the instance of templates/FILE to out. Every mark of the template
** must be bound, every bound name, size and flag be used by the template, or
** it dies: a template and its emission cannot drift apart unseen.
*/
void instantiate(const char *file, struct bindings *b, struct text *out);

/* The same for any embedded file; one outside templates/ may ignore bindings. */
void instantiate_path(const char *path, struct bindings *b, struct text *out);

#endif
