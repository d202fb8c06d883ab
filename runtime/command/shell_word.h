/*
** shell_word.h - words for a shell.
*/
#ifndef LATHE_SHELL_WORD_H
#define LATHE_SHELL_WORD_H

#include <stdio.h>

/* In single quotes where it needs them, made by its printf where it could not be shown. */
void shell_word(FILE *out, const char *word);

#endif
