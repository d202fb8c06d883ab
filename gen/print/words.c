/*
** words.c - keeps the functions and macros of a header that a program uses. It reads lines,
** not C: the headers of the vocabulary are written so that this is enough.
*/
#include "print/words.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "base/names.h"
#include "print/unroll.h"

enum { MAX_PIECES = 512, WORD_MAX = 64 };

struct piece {
    const char *start, *end;
    char name[WORD_MAX];        /* of the function or macro; "": always kept */
    bool kept;
    int same;                   /* another one of that name, or -1 */
};

static const char *next_line(const char *s)
{
    const char *end = strchr(s, '\n');
    return end ? end + 1 : s + strlen(s);
}

/* `static inline vec v_add(vec a, ...` -> v_add */
static void function_name(const char *line, char *name)
{
    const char *end = strchr(line, '('), *start = end;
    while (end && start > line && in_word(start[-1]))
        start--;
    size_t length = end ? (size_t)(end - start) : 0;
    if (!length || length >= WORD_MAX)
        DIE("no function's name in: %.60s", line);
    memcpy(name, start, length);
    name[length] = '\0';
}

/* `#define WINO_A v_set1(...` -> WINO_A */
static void macro_name(const char *line, char *name)
{
    const char *start = strchr(line, ' ') + 1;
    size_t length = (size_t)(token_end(start) - start);
    if (length >= WORD_MAX)
        DIE("a macro's name is too long: %.60s", line);
    memcpy(name, start, length);
    name[length] = '\0';
}

static bool is_function(const char *line)
{
    return !strncmp(line, "static ", 7) && strchr(line, '(')
           && strchr(line, '(') < next_line(line);
}

/* After the function that starts at line. */
static const char *function_end(const char *line)
{
    const char *first = next_line(line);
    if (strcspn(line, "}") < (size_t)(first - line))
        return first;
    const char *s = first;
    while (*s && *s != '}')
        s = next_line(s);
    return next_line(s);
}

static int split_pieces(const char *s, struct piece *piece)
{
    int n = 0;
    while (*s) {
        if (n == MAX_PIECES)
            DIE("a header has more than %d pieces", MAX_PIECES);
        struct piece *p = &piece[n++];
        *p = (struct piece){ .start = s };
        /* A comment belongs to what follows it. */
        if (!strncmp(s, "/*", 2)) {
            const char *close = strstr(s, "*/");
            if (!close)
                DIE("a comment without its end: %.60s", s);
            s = next_line(close);
        }
        if (is_function(s)) {
            function_name(s, p->name);
            s = function_end(s);
        } else if (!strncmp(s, "#define ", 8) || !strncmp(s, "#undef ", 7)) {
            macro_name(s, p->name);
            s = next_line(s);
        } else {
            s = next_line(s);
        }
        p->end = s;
        p->kept = !p->name[0];
    }
    return n;
}

/* Keeps what the text names, and what that names. */
static void keep_used(struct piece *piece, const struct names *functions, const char *text,
                      const char *end)
{
    while (text < end) {
        const char *start = text;
        if (!strncmp(text, "/*", 2)) {          /* there and in strings are a user's words, too */
            text = strstr(text, "*/") + 2;
            continue;
        }
        if (*text == '"') {
            text += strcspn(text + 1, "\"") + 2;
            continue;
        }
        while (text < end && in_word(*text))
            text++;
        if (text == start) {
            text++;
            continue;
        }
        int i = names_find_part(functions, start, (size_t)(text - start));
        for (; i >= 0; i = piece[i].same)
            if (!piece[i].kept) {
                piece[i].kept = true;
                keep_used(piece, functions, piece[i].start, piece[i].end);
            }
    }
}

void used_words(const char *library, const char *user, struct text *out, struct text *includes)
{
    struct piece *piece = alloc(MAX_PIECES, sizeof *piece);
    int n = split_pieces(library, piece);
    struct names functions = { 0 };
    for (int i = 0; i < n; i++)
        if (!piece[i].kept) {
            piece[i].same = names_find(&functions, piece[i].name);
            names_add(&functions, piece[i].name, i);
        }
    for (int i = 0; i < n; i++)
        if (!piece[i].name[0])
            keep_used(piece, &functions, piece[i].start, piece[i].end);
    keep_used(piece, &functions, user, user + strlen(user));
    names_free(&functions);
    for (int i = 0; i < n; i++) {
        size_t length = (size_t)(piece[i].end - piece[i].start);
        if (!piece[i].kept)
            continue;
        if (strncmp(piece[i].start, "#include <", 10)) {
            text_add(out, piece[i].start, length);
            continue;
        }
        char line[WORD_MAX*2];
        snprintf(line, sizeof line, "%.*s", (int)length, piece[i].start);
        if (!strstr(text_string(includes), line))
            text_puts(includes, line);
    }
    free(piece);
}

static void rename_one(const char *word, size_t length, const char *prefix, int undefine,
                       struct text *out)
{
    if (undefine)
        text_printf(out, "#undef %.*s\n", (int)length, word);
    else
        text_printf(out, "#define %.*s %s_%.*s\n", (int)length, word, prefix, (int)length, word);
}

void rename_words(const char *text, const char *prefix, int undefine, struct text *out)
{
    for (const char *s = text; *s; s = next_line(s)) {
        char name[WORD_MAX];
        if (is_function(s)) {
            function_name(s, name);
            rename_one(name, strlen(name), prefix, undefine, out);
        } else if (!strncmp(s, "struct ", 7)) {
            rename_one(s + 7, (size_t)(token_end(s + 7) - (s + 7)), prefix, undefine, out);
        } else if (!strncmp(s, "typedef ", 8)) {
            const char *end = next_line(s);
            while (*end != ';')
                end--;
            const char *start = end;
            while (start > s && start[-1] != ' ')
                start--;
            rename_one(start, (size_t)(end - start), prefix, undefine, out);
        }
    }
}
