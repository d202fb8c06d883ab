/*
** words.h - keeps the functions of a header that a program uses.
*/
#ifndef LATHE_WORDS_H
#define LATHE_WORDS_H

#include "base/text.h"

/*
** `library` is text whose functions start at column 0 with "static" and end with
** a line "}" (or on their first line). Appends it to out without the functions
** that neither `user` nor a kept function names, and without system includes;
** those are appended to `includes`, each once.
*/
void used_words(const char *library, const char *user, struct text *out,
                struct text *includes);

/* Appends, for each function, type or tag defined in text, a line
** "#define NAME prefix_NAME" (undefine: "#undef NAME"). */
void rename_words(const char *text, const char *prefix, int undefine, struct text *out);

#endif
