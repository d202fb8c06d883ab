/*
** contents.c - a table of contents whose line numbers are true: it is printed once the whole text
** is there. It must never change another line.
*/
#include "print/contents.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/net.h"

enum { MARK_MAX = 256 };

static void add(struct contents *c, const char *title, const char *mark)
{
    c->entry = grow(c->entry, (size_t)c->count + 1, sizeof *c->entry);
    memset(&c->entry[c->count], 0, sizeof *c->entry);
    text_puts(&c->entry[c->count].title, title);
    text_puts(&c->entry[c->count++].mark, mark);
}

void contents_add(struct contents *c, const char *title, const char *format, ...)
{
    char mark[MARK_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(mark, sizeof mark, format, args);
    va_end(args);
    add(c, title, mark);
}

void contents_section(struct contents *c, struct text *out, const char *format, ...)
{
    char title[MARK_MAX], mark[MARK_MAX + 20];
    va_list args;
    va_start(args, format);
    vsnprintf(title, sizeof title, format, args);
    va_end(args);
    snprintf(mark, sizeof mark, "/* ---- %s ---- */", title);
    text_printf(out, "%s\n\n", mark);
    add(c, title, mark);
}

void contents_append(struct contents *c, struct contents *from)
{
    for (int i = 0; i < from->count; i++)
        add(c, text_string(&from->entry[i].title), text_string(&from->entry[i].mark));
    contents_free(from);
}

/* Puts the numbers of the entries' lines in line[], as they are with the contents in. */
static void find_lines(const struct contents *c, const char *text, int *line)
{
    int number = 1, found = 0;
    for (const char *s = text; *s && found < c->count; s = strchr(s, '\n') + 1) {
        struct text *mark = &c->entry[found].mark;
        if (!strncmp(s, text_string(mark), mark->length))
            line[found++] = number;
        number += strncmp(s, CONTENTS_HERE, strlen(CONTENTS_HERE)) ? 1 : c->count;
    }
    if (found < c->count)
        DIE("the file has no line \"%s\"", text_string(&c->entry[found].mark));
}

void contents_print(const struct contents *c, const char *text, FILE *out)
{
    const char *here = strstr(text, CONTENTS_HERE);
    if (!here)
        DIE("there is no place for the contents");
    int *line = alloc((size_t)c->count, sizeof *line);
    find_lines(c, text, line);
    fwrite(text, 1, (size_t)(here - text), out);
    for (int i = 0; i < c->count; i++)
        fprintf(out, "** %6d  %s\n", line[i], text_string(&c->entry[i].title));
    fputs(here + strlen(CONTENTS_HERE), out);
    free(line);
}

void contents_free(struct contents *c)
{
    for (int i = 0; i < c->count; i++) {
        text_free(&c->entry[i].title);
        text_free(&c->entry[i].mark);
    }
    free(c->entry);
}
