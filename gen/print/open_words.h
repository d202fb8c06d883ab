/*
** open_words.h - what a template leaves open: the words of its marks.
*/
#ifndef LATHE_OPEN_WORDS_H
#define LATHE_OPEN_WORDS_H

#include "print/bindings.h"

struct open_word { char *word; enum word_kind kind; };
struct open_words { struct open_word *word; int count; };

/* Those of an embedded template, each once, in their order. */
const struct open_words *open_words(const char *path);

/* The next name of a list of sizes, `A = 1, B = 2 };`, from s on, or NULL; and what follows it. */
const char *next_size(const char *s, const char *end);
const char *after_size(const char *s);

#endif
