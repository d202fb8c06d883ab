/*
** run_line.h - a training as one command for a shell, as lists of a sweep have one a line:
**
**   cd FOLDER && PROGRAM train OPTION... --tag NAME=VALUE,... --result RESULTS/HASH.json
**
** It must depend on nothing but what it says: it is run by whoever starts shells, in any order,
** as often as they like. HASH is that of `what` and the options but --threads and --pin, on
** which no result depends, so that a list that is written anew finds the results it had.
*/
#ifndef LATHE_RUN_LINE_H
#define LATHE_RUN_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct run_line {
    const char *folder;             /* where the names are those of */
    const char *program;
    const char *what;               /* what else than options decides the result: the network */
    const char *const *word; int count;     /* options of train */
    const char *tags;
    const char *results;            /* a folder */
};

/* A list's results, parameters and programs lie beside it, in the folder LIST.d: made unless it
** is there. To be freed; NULL: err says why. */
char *run_line_folder(const char *list, char *err);

/* The folder that a process is in, as a line can say it: to be freed; NULL: err says why. */
char *run_line_here(char *err);

/* Where its result goes: to be freed; NULL: no memory. */
char *run_line_result(const struct run_line *r);

/* Whether a line can have the word in it; false: err says why it cannot. */
bool run_line_says(const char *word, char *err);

/* Ends a line. False, with a message: no line can say it. */
bool run_line_put(FILE *out, const struct run_line *r, char *err);

/* What stands after `cd FOLDER &&` where that is one command and no more, so that `exec` may stand
** before it; NULL: it is not. */
const char *run_line_command(const char *line);

/* What a table wants of a line, in one allocation with what it points to. */
struct run_words { char *text, *folder, *tags, *result; };

/* False: it is no such line, or there is no memory. */
bool run_line_read(struct run_words *r, const char *line, size_t length);

#endif
