/*
** build.h - what lathe writes (runtime/file/output.h), and the C compiler.
*/
#ifndef LATHE_BUILD_H
#define LATHE_BUILD_H

#include <stdbool.h>
#include <stdio.h>

#include "runtime/file/output.h"
#include "base/net.h"

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

/* Emits the networks and compiles them with ${CC:-cc}, up to `jobs` compilations at a time; the
** compiler's messages go to stderr. The runtime is compiled before (tool/cache.h), or with them
** in one piece. On failure an old program is left as it was. */
bool build_program(struct net *const *nets, int nnets, const char *program, int jobs);

#endif
