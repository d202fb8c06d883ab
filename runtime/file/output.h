/*
** output.h - the files that a command writes. Each appears whole or not at all, where its name
** leads: symbolic links are followed. An old file survives any failure. What is replaced is
** never what the process has read, nor the program that runs, nor another of its outputs, nor
** what another process is writing, nor a file that Lathe did not make.
*/
#ifndef LATHE_OUTPUT_H
#define LATHE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "file/output_kind.h"

struct output {
    const char *path;
    enum output_kind kind;
    const char *option;       /* what names another file: a literal, for messages */
    bool goes_on;             /* it may be a file that was read: what goes on where it stopped */
};

/*
** To be asked before the work that a failure would waste: is this a file that may be replaced,
** and can it be written? It is then this process's until it is released: another one that claims
** it is told who has it. The process's end, whatever ends it, releases everything. Where
** directories cannot be locked, nobody is told.
*/
bool output_claim(const struct output *o, char *err);
void output_release(const char *path);

/* Of an open file that is read: no output may replace it from here on. */
void output_spare(int fd);

/* Do both names lead to the same file, or will they? A device takes more than one output. */
bool output_same(const char *a, const char *b);

/* A file on its way: a temporary one beside the target, or a device itself. */
struct output_file {
    const char *path;
    int fd;
    int failure;              /* errno of the first one; 0: none */
    int slot;
    bool claimed_here;
};

/* False: nothing is open. What was not claimed is locked meanwhile, and not looked at. */
bool output_start(struct output_file *f, const char *path, char *err);
void output_put(struct output_file *f, const void *bytes, size_t size);

/* What to call it by now, for another program to write it. It may be removed and made anew. */
const char *output_name(const struct output_file *f);

/* Synced, renamed, its directory synced; or, after any failure, removed. Closes the file.
** runs: as a program may. */
bool output_finish(struct output_file *f, bool runs, char *err);
void output_drop(struct output_file *f);       /* removed */

/* Removes what is on its way; a signal's handler may call it before the process ends. */
void output_clean(void);

#endif
