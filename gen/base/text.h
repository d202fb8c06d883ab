/*
** text.h - a growing string, for what is printed piece by piece; which characters make a word.
*/
#ifndef LATHE_TEXT_H
#define LATHE_TEXT_H

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>

struct text { char *at; size_t length, space; };

void text_add(struct text *t, const char *s, size_t length);
void text_puts(struct text *t, const char *s);
void text_printf(struct text *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
const char *text_string(struct text *t);   /* never NULL; valid until the next addition */
void text_free(struct text *t);

/* May it stand in a name of C? */
static inline bool in_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* Does that word, and no longer one, begin at s? */
bool starts_word(const char *s, const char *word);

/* Is it one of the words, which have one space between them? */
bool lists_word(const char *words, const char *word);

#endif
