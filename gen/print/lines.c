/*
** lines.c - `lathe emit --lines`. Marks go through instantiating, unrolling and layout as a byte of
** control and four that no name has, and end as #line. It must never change another line of the
** text: what the compiler makes of it is the same.
*/
#include "print/lines.h"

#include <stdbool.h>
#include <string.h>

#include "base/die.h"
#include "print/layout.h"

enum { MAX_FILES = 1024, BITS = 6, OWN = -1 };

static struct {
    const char *own;            /* NULL: no marks are asked for */
    char *path[MAX_FILES];
    int count;
} files;

/* Where a text is between its lines: nowhere that a directive could stand, if any. */
struct within { bool comment, directive; int depth; };

static bool is_open(const struct within *w)
{
    return w->comment || w->directive || w->depth;
}

/* Goes over one line; end: where it ends, its mark apart. */
static void walk(struct within *w, const char *s, const char *end)
{
    bool directive = w->directive || (!w->comment && *s == '#');
    w->directive = directive && end > s && end[-1] == '\\';
    for (; s < end; s++)
        if (w->comment || (s[0] == '/' && s[1] == '*')) {
            const char *from = w->comment ? s : s + 2;
            const char *close = memmem(from, (size_t)(end - from), "*/", 2);
            w->comment = !close;
            s = w->comment ? end : close + 1;
        } else if (!directive && (*s == '"' || *s == '\'')) {
            for (char quote = *s++; s < end && *s != quote; s++)
                s += *s == '\\';
        } else if (!directive) {
            w->depth += (*s == '(') - (*s == ')');
        }
}

/* Something that the compiler finds lines of: no blank, no comment, no directive. */
static bool is_code(const char *line, const char *end)
{
    const char *s = line + strspn(line, " ");
    return s < end && *s != '#' && (strncmp(s, "/*", 2) || !strncmp(s, "/* @", 4));
}

/* ---- marks ---- */

void lines_begin(const char *file)
{
    files.own = file;
}

static int file_number(const char *directory, const char *path)
{
    struct text whole = { 0 };
    text_printf(&whole, "%s%s", directory, path);
    for (int i = 0; i < files.count; i++)
        if (!strcmp(files.path[i], text_string(&whole))) {
            text_free(&whole);
            return i;
        }
    if (files.count == MAX_FILES)
        DIE("too many files");
    files.path[files.count] = whole.at;
    return files.count++;
}

/* Bytes that are no character's first. */
static void put_number(int n, struct text *out)
{
    char bytes[2] = { (char)(0x80 | n >> BITS), (char)(0x80 | (n & ((1 << BITS) - 1))) };
    if (n >> 2*BITS)
        DIE("a file of more than %d lines", (1 << 2*BITS) - 1);
    text_add(out, bytes, 2);
}

static int number_at(const char *s)
{
    enum { LOW = (1 << BITS) - 1 };
    return (s[0] & LOW) << BITS | (s[1] & LOW);
}

const char *lines_of(const char *directory, const char *path, const char *text)
{
    if (!files.own)
        return text;
    struct text out = { 0 };
    struct within w = { .comment = false };
    int file = file_number(directory, path), number = 1;
    for (const char *s = text; *s; number++) {
        const char *end = s + strcspn(s, "\n");
        bool marked = !w.comment && !w.directive && is_code(s, end);
        walk(&w, s, end);
        text_add(&out, s, (size_t)(end - s));
        if (marked && !w.directive) {
            text_printf(&out, "%c", LINE_MARK);
            put_number(file, &out);
            put_number(number, &out);
        }
        if (*end)
            text_puts(&out, "\n");
        s = end + (*end != '\0');
    }
    return text_string(&out);
}

const char *line_mark(const char *s, int *length)
{
    s += strcspn(s, "\n\003");
    *length = *s == LINE_MARK ? LINE_MARK_BYTES : 0;
    return s;
}

void drop_marks(const char *text, struct text *out)
{
    for (const char *s = text; *s; s = after_mark(s)) {
        size_t length = strcspn(s, "\003");
        text_add(out, s, length);
        s += length;
    }
}

/* ---- layout, which changes nothing but blanks ---- */

/* Where s is after n more characters that are neither blanks nor marks. */
static const char *skip_words(const char *s, size_t n)
{
    for (; *s; s++) {
        while (*s == LINE_MARK)
            s += LINE_MARK_BYTES;
        if (*s == ' ' || *s == '\n')
            continue;
        if (!n--)
            break;
    }
    return s;
}

void lay_out_marked(const char *text, struct text *out)
{
    struct text plain = { 0 }, laid = { 0 };
    drop_marks(text, &plain);
    lay_out_lines(text_string(&plain), &laid);
    const char *from = text;
    size_t words = 0;           /* since `from` */
    for (const char *s = text_string(&laid), *end; *s; s = end + 1) {
        end = strchr(s, '\n');
        text_add(out, s, (size_t)(end - s));
        if (files.own && is_code(s, end)) {
            int length;
            from = skip_words(from, words);
            const char *mark = line_mark(from, &length);
            text_add(out, mark, (size_t)length);
            words = 0;
        }
        for (; s < end; s++)
            words += *s != ' ';
        text_puts(out, "\n");
    }
    text_free(&plain);
    text_free(&laid);
}

/* ---- the end ---- */

/* "../a" as a string of C. */
static void put_path(const char *path, struct text *out)
{
    text_puts(out, " \"");
    for (const char *s = path; *s; s++)
        text_printf(out, (unsigned char)*s < ' ' ? "\\%03o" : *s == '"' || *s == '\\' ? "\\%c"
                    : "%c", *s);
    text_puts(out, "\"");
}

void put_lines(const char *text, const char *here, int more, struct text *out)
{
    struct within w = { .comment = false };
    int physical = 1, file = OWN, number = 1;       /* of the next line, as the compiler counts */
    if (!files.own) {
        text_puts(out, text);
        return;
    }
    for (const char *s = text, *next; *s; s = next) {
        int length, own = OWN, line = physical + 1;
        const char *end = line_mark(s, &length);
        next = strchr(end, '\n') + 1;
        if (length) {
            own = number_at(end + 1);
            line = number_at(end + 3);
        }
        /* What has no mark begins a piece that no template made, or belongs to what is before. */
        bool known = length || (in_word(*s) && file != OWN);
        if (known && !is_open(&w) && is_code(s, end) && (own != file || line != number)) {
            text_printf(out, "#line %d", line);
            if (own != file)
                put_path(own == OWN ? files.own : files.path[own], out);
            text_puts(out, "\n");
            physical++;
            file = own;
            number = line;
        }
        walk(&w, s, end);
        text_add(out, s, (size_t)(end - s));
        text_puts(out, "\n");
        bool many = !strncmp(s, here, strlen(here));
        physical += many ? more : 1;
        number += many ? more : 1;
    }
}
