/*
** build.h - files that appear whole or not at all, and the C compiler.
*/
#ifndef LATHE_BUILD_H
#define LATHE_BUILD_H

#include <stdbool.h>
#include <stdio.h>

/* A file beside `path` to write into. NULL: a message was printed. */
FILE *output_open(const char *path, char **temporary);

/* Checks the writes and renames the temporary file to path; on failure removes
** it, prints a message and leaves an old file at path as it was. */
bool output_close(FILE *f, char *temporary, const char *path);

/* Appends s in single quotes for the shell. */
struct text;
void shell_quote(struct text *t, const char *s);

/* Compiles source with ${CC:-default_cc}; the compiler's messages go to stderr. On failure an
** old program is left as it was. */
bool compile(const char *source, const char *program, const char *default_cc);

#endif
