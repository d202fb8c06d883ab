/*
** build.h - what lathe writes (runtime/file/output.h), and the C compiler.
*/
#ifndef LATHE_BUILD_H
#define LATHE_BUILD_H

#include <stdbool.h>
#include <stdio.h>

#include "runtime/file/output.h"

/* "lathe: MESSAGE" on stderr. */
bool failed(const char *err);

/* Before the work that a failure would waste: may the file be written? False: a message. */
bool claim(const char *path, enum output_kind kind);

/* A text that becomes a file of a claimed name when it is whole. NULL or false: a message was
** printed, and an old file at path is as it was. */
struct page { const char *path; FILE *f; char *text; size_t size; };
FILE *page_open(struct page *p, const char *path);
bool page_close(struct page *p);

/* A name in $TMPDIR, else /tmp, which no command takes for an option. */
struct text;
void temporary_name(struct text *t, const char *name);

/* Appends s in single quotes for the shell. */
void shell_quote(struct text *t, const char *s);

/* Compiles source with ${CC:-default_cc}; the compiler's messages go to stderr. On failure an
** old program is left as it was. */
bool compile(const char *source, const char *program, const char *default_cc);

/* Emits and compiles networks (print/emit.h) as `program`. False: a message was printed. */
struct net;
bool build_program(struct net *const *nets, int nnets, const char *program);

#endif
