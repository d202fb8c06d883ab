/*
** layout.c - lays lines out. It knows as much of C as that takes: parentheses, comments, strings.
** It must never change anything but the blanks between words.
*/
#include "print/layout.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/die.h"

enum { WIDTH = 100, DEPTH = 32 };

/* Where a text is: columns after the parentheses that are open. */
struct open { size_t column, at[DEPTH]; int depth; };

/* The end of a comment or a string that starts at s, or NULL: none does. */
static const char *skipped(const char *s, const char *end)
{
    const char *close;
    if (end - s > 1 && s[0] == '/' && s[1] == '*') {
        close = memmem(s + 2, (size_t)(end - s - 2), "*/", 2);
        return close ? close + 2 : end;
    }
    if (*s != '"')
        return NULL;
    for (close = s + 1; close < end && *close != '"'; close++)
        close += *close == '\\';
    return close < end ? close + 1 : end;
}

static void walk(struct open *o, const char *s, const char *end)
{
    while (s < end) {
        const char *next = skipped(s, end);
        if (!next) {
            next = s + 1;
            if ((*s == '(' || *s == '[') && o->depth < DEPTH)
                o->at[o->depth++] = o->column + 1;
            else if ((*s == ')' || *s == ']') && o->depth)
                o->depth--;
        }
        o->column += (size_t)(next - s);
        s = next;
    }
}

/* Where a line that starts at s, with `o` before it, is best broken: after a comma or before an
** operator, in as few parentheses as possible, where the rest is not put too far right. */
static const char *best_break(struct open o, const char *s, const char *end)
{
    const char *best = NULL;
    int best_depth = DEPTH;
    for (const char *c = s; c < end && o.column < WIDTH;) {
        const char *next = skipped(c, end);
        bool word = !next && *c == ' ' && c > s + 8 && c + 1 < end;
        bool operator = word && strchr("+-*/?:&|=<", c[1])
                        && (c[2] == ' ' || ((c[2] == c[1] || c[2] == '=') && c[3] == ' '));
        bool good = word && (c[-1] == ',' || c[-1] == ';' || operator);
        if (c[1] == '/' && c[2] == '*')     /* a comment stays with what it says it of */
            good = false;
        if (good && strchr("=<", c[1]) && o.depth)
            good = false;
        if (good && c[-1] == '=')
            good = false;
        if (good && o.depth <= best_depth && (o.depth || c[1] != '*')) {
            best = c;
            best_depth = o.depth;
        }
        walk(&o, c, next ? next : c + 1);
        c = next ? next : c + 1;
    }
    return best;
}

static size_t columns(const char *s, const char *end)
{
    size_t n = 0;
    for (; s < end; s++)
        n += ((unsigned char)*s & 0xc0) != 0x80;
    return n;
}

/* One logical line, from its first word on, in as many lines as it needs. */
static void fill(const char *s, const char *end, size_t indent, struct text *out)
{
    struct open o = { .column = indent };
    size_t left = indent;
    for (;;) {
        text_printf(out, "%*s", (int)left, "");
        o.column = left;
        const char *cut = left + columns(s, end) > WIDTH ? best_break(o, s, end) : NULL;
        if (!cut)
            break;
        text_add(out, s, (size_t)(cut - s));
        text_puts(out, "\n");
        walk(&o, s, cut);
        left = o.depth ? o.at[o.depth - 1] : indent + 4;
        s = cut + 1;
        o.column = left;
        if (o.depth && left + columns(s, end) > WIDTH && !best_break(o, s, end))
            left = o.at[o.depth - 1] = indent + 8;      /* one parameter's comment is too long */
    }
    text_add(out, s, (size_t)(end - s));
    text_puts(out, "\n");
}

/* A comment after code that has no room: a line of its own, before. */
static const char *comment_before(const char *s, const char *end, size_t indent, struct text *out)
{
    const char *start = end;
    if (end - s < 4 || memcmp(end - 2, "*/", 2) || indent + columns(s, end) <= WIDTH)
        return end;
    while (start > s && memcmp(start, "/*", 2))
        start--;
    if (start == s || start[-1] != ' ' || strchr("(,", start[-2]))
        return end;
    text_printf(out, "%*s%.*s\n", (int)indent, "", (int)(end - start), start);
    while (start > s && start[-1] == ' ')
        start--;
    return start;
}

/* Lines from s to end, the first of which leaves parentheses open (or is too long). */
static void group(const char *s, const char *end, struct text *out)
{
    size_t indent = strspn(s, " ");
    struct text same = { 0 }, joined = { 0 };
    struct open o = { .column = 0 };
    bool fits = true;
    for (const char *line = s; line < end; line = strchr(line, '\n') + 1) {
        size_t left = line == s ? indent : o.depth ? o.at[o.depth - 1] : strspn(line, " ");
        const char *word = line + strspn(line, " "), *stop = strchr(line, '\n');
        text_printf(&same, "%*s%.*s\n", (int)left, "", (int)(stop - word), word);
        text_printf(&joined, "%s%.*s", line == s ? "" : " ", (int)(stop - word), word);
        o.column = left;
        walk(&o, word, stop);
        fits &= left + columns(word, stop) <= WIDTH;
    }
    if (fits) {
        text_puts(out, text_string(&same));
    } else {
        const char *text = text_string(&joined), *stop = text + joined.length;
        fill(text, comment_before(text, stop, indent, out), indent, out);
    }
    text_free(&same);
    text_free(&joined);
}

void lay_out_lines(const char *text, struct text *out)
{
    for (const char *s = text; *s;) {
        const char *end = strchr(s, '\n');
        struct open o = { .column = 0 };
        if (!end)
            DIE("text without an end of line: %.40s", s);
        const char *word = s + strspn(s, " ");
        bool comment = !strncmp(word, "/*", 2) || !strncmp(word, "**", 2);
        walk(&o, s, end);
        if (*s == '#' || comment || (!o.depth && columns(s, end) <= WIDTH)) {
            text_add(out, s, (size_t)(end + 1 - s));
        } else {
            while (o.depth && end[1]) {
                const char *next = strchr(end + 1, '\n');
                walk(&o, end + 1, next);
                end = next;
            }
            group(s, end + 1, out);
        }
        s = end + 1;
    }
}

void put_singular(const char *text, struct text *out)
{
    for (const char *s = text; *s;) {
        bool one = s[0] == '1' && s[1] == ' ' && islower((unsigned char)s[2])
                   && (s == text || (!isalnum((unsigned char)s[-1]) && s[-1] != '.'));
        size_t word = one ? strspn(s + 2, "abcdefghijklmnopqrstuvwxyz") : 0;
        if (word > 2 && s[word + 1] == 's' && s[word] != 's') {
            size_t more = word > 4 && !strncmp(s + word - 2, "sses", 4) ? 2 : 1;
            text_add(out, s, 2 + word - more);
            s += 2 + word;
        } else {
            text_add(out, s++, 1);
        }
    }
}

void wrap_comment(struct text *out, size_t start)
{
    enum { ROOM = 94 };
    char *s = out->at + start;
    if (out->length - start <= ROOM)
        return;
    size_t at = ROOM;
    while (at && s[at] != ' ')
        at--;
    struct text rest = { 0 };
    text_printf(&rest, "\n**   %s", s + at + 1);
    out->length = start + at;
    text_puts(out, text_string(&rest));
    text_free(&rest);
}
