/*
** tmpl.h - instantiates a template (docs/design.md, Templates).
**
** A template is C that compiles as it stands. Six marks, all of them C, say
** what the generator may replace:
**
**   #define NAME conv_fwd    / * @name * /    the identifier NAME becomes its binding
**   enum { / * @sizes * / CI = 16, ... };     values come from the bindings
**   #define RELU 1           / * @flag * /    its #if RELU / #if !RELU is resolved
**   UNROLL for (int m = 0; m < MR; m++)       written out
**   / * @epilogue v * /                       one `v = op(v, ...);` for each bound operation
**   / * @here kernels * /                     a splice point, bound to a text
**
** The file's first comment and its #include "..." lines are for the reader of
** the template and are left out.
*/
#ifndef LATHE_TMPL_H
#define LATHE_TMPL_H

#include <stdbool.h>

#include "base/text.h"

/* TMPL_NAME_LEN: an instruction set, a network, a label and a part. */
enum { TMPL_MAX = 64, TMPL_NAME_LEN = 192, UNROLL_LINES = 250, BRIEF_LINES = 120 };

/* What stands for a list of sizes and for a name while a template is prepared; a byte from
** TMPL_FIRST on says which. */
enum { TMPL_SIZES = 1, TMPL_NAME = 2, TMPL_FIRST = 0x80 };

struct bindings {
    struct { const char *key; char value[TMPL_NAME_LEN]; } name[TMPL_MAX];  int nnames;
    struct { const char *key; long value; bool asked; } size[TMPL_MAX];  int nsizes;
    struct { const char *key; bool value; } flag[TMPL_MAX];      int nflags;
    struct { const char *key; const char *value; } here[16];     int nheres;
    struct { const char *op; char more[64]; } epilogue[8];       int nepilogue;
    bool brief;            /* loops of more than BRIEF_LINES are kept, too */
    int loops_kept;        /* out: UNROLL loops too long to be written out; asked: sizes that
                              their bounds looked at */
};

void bind_name(struct bindings *b, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void bind_size(struct bindings *b, const char *key, long value);
void bind_flag(struct bindings *b, const char *key, bool value);
/* An operation of the epilogue, with the arguments behind the value (", a"), or "". */
void bind_operation(struct bindings *b, const char *op, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void bind_here(struct bindings *b, const char *key, const char *text);

/*
** Appends the instance of templates/FILE to out. Every mark of the template
** must be bound, every bound name, size and flag be used by the template, or
** it dies: a template and its emission cannot drift apart unseen.
*/
void instantiate(const char *file, struct bindings *b, struct text *out);

/* The same for any embedded file; one outside templates/ may ignore bindings. */
void instantiate_path(const char *path, struct bindings *b, struct text *out);

/* The text of an embedded file, "templates/conv/tile.c" or "runtime/data/data.c";
** LATHE_TEMPLATES=DIR takes templates from DIR. Dies if there is none. */
const char *embedded(const char *path);

/* embed.c's output */
struct embedded_file { const char *path, *text; };
extern const struct embedded_file embedded_files[];
extern const int nembedded_files;

#endif
