/*
** option_text.h - options as text, to be stored and read again: NAME=VALUE and a line's end
** for every option of a table that has a value. It must never lose a bit of a number.
*/
#ifndef LATHE_OPTION_TEXT_H
#define LATHE_OPTION_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "settings/options.h"

/* Of the rows whose names are not among `without` (NULL after the last); a flag is there, as its
** name alone, where it is given and its row's `most` is 1. A value that its row does not allow
** stands for none. To be freed; NULL: no memory. */
char *option_text_write(const struct option_row *rows, int count, const char *const *without);

/* The lines as the words of a command line: to be freed; they lie in `text`, whose line's ends
** become zeros. NULL: no memory. */
char **option_text_words(char *text, int *count);

/*
** False where two texts of the same rows differ in an option that is not among `except`: its name,
** and both values ("not set" where there is none).
*/
struct option_conflict { const char *name; char theirs[256], ours[256]; };
bool option_text_agree(const struct option_row *rows, int count, const char *theirs,
                       const char *ours, const char *const *except, struct option_conflict *c);

#endif
