/*
** text.c - a growing string. It must never truncate: no memory is the end.
*/
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"

static void reserve(struct text *t, size_t more)
{
    if (t->length + more + 1 <= t->space)
        return;
    size_t space = t->space ? t->space : 256;
    while (space < t->length + more + 1)
        space *= 2;
    t->at = grow(t->at, space, 1);
    t->space = space;
}

void text_add(struct text *t, const char *s, size_t length)
{
    if (!length)
        return;
    reserve(t, length);
    memcpy(t->at + t->length, s, length);
    t->length += length;
    t->at[t->length] = '\0';
}

void text_puts(struct text *t, const char *s)
{
    text_add(t, s, strlen(s));
}

void text_printf(struct text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0)
        DIE("cannot format \"%s\"", format);
    reserve(t, (size_t)length);
    va_start(args, format);
    vsnprintf(t->at + t->length, (size_t)length + 1, format, args);
    va_end(args);
    t->length += (size_t)length;
}

const char *text_string(struct text *t)
{
    reserve(t, 0);
    t->at[t->length] = '\0';
    return t->at;
}

void text_free(struct text *t)
{
    free(t->at);
    *t = (struct text){ 0 };
}

bool starts_word(const char *s, const char *word)
{
    size_t length = strlen(word);
    return !strncmp(s, word, length) && !in_word(s[length]);
}

bool lists_word(const char *words, const char *word)
{
    const size_t length = strlen(word);
    const bool several = strchr(word, ' ') != NULL;
    for (const char *s = words; s && !several; s = strchr(s, ' ')) {
        s += *s == ' ';
        if (!strncmp(s, word, length) && (s[length] == ' ' || !s[length]))
            return true;
    }
    return false;
}
