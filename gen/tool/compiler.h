/*
** compiler.h - the C compiler on several files side by side, quietly: what it says lies in files.
*/
#ifndef LATHE_COMPILER_H
#define LATHE_COMPILER_H

#include <stdbool.h>

#include "base/text.h"

/* What every compilation and every link has; the -O level is the first, so that $CC's own or a
** script's may come after it. */
#define COMPILER_LEVEL "-O3"
#define COMPILER_THREADS "-pthread"

struct compiler {
    const char *cc;         /* words for the shell: "ccache gcc" */
    const char *work;       /* a folder of this build's own */
    int jobs;               /* compilations at a time */
};

/* Appends s in single quotes for the shell. */
void shell_quote(struct text *t, const char *s);

/* A whole file. False: it cannot be written. */
bool write_whole(const char *path, const char *bytes, size_t size);

/* source[k] becomes FOLDER/NAME-k.o, by way of WORK/NAME-k.c; the compiler's words are in
** WORK/NAME-k.txt. False: one of them failed, and those that had not begun were not begun. */
bool compile_objects(const struct compiler *c, struct text *source, int n, const char *name,
                     const char *folder);

/* Appends FOLDER/NAME-k.o for k below n, quoted. */
void object_names(struct text *command, const char *folder, const char *name, int n);

#endif
