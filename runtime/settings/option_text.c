/*
** option_text.c - options as lines of text.
*/
#include "settings/option_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/shortest.h"
#include "base/stream.h"

static bool option_text_among(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

static void option_text_row(const struct option_row *row, FILE *out)
{
    double real;
    long integer;
    char number[40];
    const char *text;
    switch (row->kind) {
    case OPTION_FLAG:
        if (row->most > 0 && *(const bool *)row->value)
            fprintf(out, "%s\n", row->name);
        break;
    case OPTION_INTEGER:
    case OPTION_COUNT:
        integer = row->kind == OPTION_COUNT ? *(const int *)row->value
                                            : *(const long *)row->value;
        if ((double)integer >= row->least && (double)integer <= row->most)
            fprintf(out, "%s=%ld\n", row->name, integer);
        break;
    case OPTION_REAL:
        real = *(const double *)row->value;
        shortest_real(real, number, sizeof number);
        if (real >= row->least && real <= row->most)
            fprintf(out, "%s=%s\n", row->name, number);
        break;
    case OPTION_CHOICE:
        fprintf(out, "%s=%s\n", row->name, row->choices[*(const int *)row->value]);
        break;
    case OPTION_TEXT:
        text = *(const char *const *)row->value;
        if (text && !strchr(text, '\n'))
            fprintf(out, "%s=%s\n", row->name, text);
        break;
    case OPTION_LIST:       /* of what a run begins with alone, which no text keeps */
        break;
    }
}

char *option_text_write(const struct option_row *rows, int count, const char *const *without)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = stream_memory(&text, &size);
    if (!out)
        return NULL;
    for (int k = 0; k < count; k++)
        if (!option_text_among(rows[k].name, without))
            option_text_row(&rows[k], out);
    if (stream_close(out))
        return text;
    free(text);
    return NULL;
}

char **option_text_words(char *text, int *count)
{
    size_t lines = 0;
    for (const char *s = text; *s; s++)
        lines += *s == '\n';
    char **words = calloc(lines + 1, sizeof *words);
    *count = 0;
    for (size_t k = 0; words && k < lines; k++) {
        words[(*count)++] = text;
        text += strcspn(text, "\n");
        *text++ = '\0';
    }
    return words;
}

/* The value after NAME=, up to its line's end, or of a flag "yes"; NULL: none. */
static const char *option_text_find(const char *text, const char *name, int *length)
{
    const size_t size = strlen(name);
    *length = 0;
    while (*text) {
        static const char yes[] = "yes";
        const size_t line = strcspn(text, "\n");
        if (line == size && strncmp(text, name, size) == 0) {
            *length = sizeof yes - 1;
            return yes;
        }
        if (line > size && strncmp(text, name, size) == 0 && text[size] == '=') {
            *length = (int)(line - size - 1);
            return text + size + 1;
        }
        text += line + (text[line] == '\n');
    }
    return NULL;
}

static void option_text_show(const char *value, int length, char *out, size_t size)
{
    if (value)
        snprintf(out, size, "%.*s", length, value);
    else
        snprintf(out, size, "not set");
}

bool option_text_agree(const struct option_row *rows, int count, const char *theirs,
                       const char *ours, const char *const *except, struct option_conflict *c)
{
    for (int k = 0; k < count; k++) {
        int a, b;
        const char *name = rows[k].name;
        const char *before = option_text_find(theirs, name, &a);
        const char *now = option_text_find(ours, name, &b);
        bool same = before && now ? a == b && strncmp(before, now, (size_t)a) == 0
                                  : !before && !now;
        if (same || option_text_among(name, except))
            continue;
        c->name = name;
        option_text_show(before, a, c->theirs, sizeof c->theirs);
        option_text_show(now, b, c->ours, sizeof c->ours);
        return false;
    }
    return true;
}
