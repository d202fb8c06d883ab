/*
** bindings.c - what stands for a template's names, sizes and flags. It must never cut a text that
** is too long.
*/
#include "print/bindings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/die.h"

void bind_name(struct bindings *b, const char *key, const char *format, ...)
{
    if (b->nnames == TMPL_MAX)
        DIE("too many names bound");
    b->name[b->nnames].key = key;
    va_list args;
    va_start(args, format);
    int length = vsnprintf(b->name[b->nnames].value, sizeof b->name[0].value, format, args);
    va_end(args);
    if (length < 0 || (size_t)length >= sizeof b->name[0].value)
        DIE("the name bound to %s is too long", key);
    b->nnames++;
}

void bind_size(struct bindings *b, const char *key, long value)
{
    if (b->nsizes == TMPL_MAX)
        DIE("too many sizes bound");
    b->size[b->nsizes].key = key;
    b->size[b->nsizes].symbol[0] = 0;
    b->size[b->nsizes++].value = value;
}

void bind_symbol(struct bindings *b, const char *key, const char *text, long value)
{
    bind_size(b, key, value);
    if (strlen(text) >= TMPL_NAME_LEN)
        DIE("the name bound to %s is too long", key);
    strcpy(b->size[b->nsizes - 1].symbol, text);
}

void bind_flag(struct bindings *b, const char *key, bool value)
{
    if (b->nflags == TMPL_MAX)
        DIE("too many flags bound");
    b->flag[b->nflags].key = key;
    b->flag[b->nflags++].value = value;
}

void bind_operation(struct bindings *b, const char *op, const char *format, ...)
{
    va_list args;
    if (b->nepilogue == (int)(sizeof b->epilogue / sizeof *b->epilogue))
        DIE("too many pointwise operations");
    b->epilogue[b->nepilogue].op = op;
    va_start(args, format);
    int length = vsnprintf(b->epilogue[b->nepilogue].more, sizeof b->epilogue[0].more, format,
                           args);
    va_end(args);
    if (length < 0 || (size_t)length >= sizeof b->epilogue[0].more)
        DIE("what is bound to %s is too long", op);
    b->nepilogue++;
}

void bind_here(struct bindings *b, const char *key, const char *text)
{
    if (b->nheres == (int)(sizeof b->here / sizeof *b->here))
        DIE("too many splice points bound");
    b->here[b->nheres].key = key;
    b->here[b->nheres++].value = text;
}

bool is_bound(const struct bindings *b, enum word_kind kind, const char *word)
{
    for (int i = 0; kind == WORD_NAME && i < b->nnames; i++)
        if (!strcmp(b->name[i].key, word))
            return true;
    for (int i = 0; kind == WORD_SIZE && i < b->nsizes; i++)
        if (!strcmp(b->size[i].key, word))
            return true;
    for (int i = 0; kind == WORD_FLAG && i < b->nflags; i++)
        if (!strcmp(b->flag[i].key, word))
            return true;
    return false;
}
