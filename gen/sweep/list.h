/*
** list.h - a list of runs, read: runtime/file/run_line.h says what a line is. Blank lines and those
** that begin with # are none.
*/
#ifndef LATHE_LIST_H
#define LATHE_LIST_H

#include "runtime/file/run_line.h"

struct listed { int line; struct run_words words; };

struct list {
    const char *path;
    char *text;                     /* of the whole file; each line ends with a 0 */
    struct listed *run; int count;  /* each once, though it be listed twice */
    int lines;
};

/* False: err says which line is no run. */
bool list_read(struct list *l, const char *path, char *err);

/* A line's command as it stands. NULL: err says why there is none. */
const char *list_command(const struct list *l, long line, char *err);

#endif
