/*
** scan.c - reads a network file character by character.
*/
#include "read/scan.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/visible.h"
#include "runtime/file/foreign.h"
#include "runtime/file/output.h"
#include "base/text.h"

enum { MAX_FILE = 1 << 20 };

/* ---- the text ---- */

static bool read_all(struct scan *sc, FILE *f, struct text *text)
{
    char piece[4096];
    size_t n;
    while ((n = fread(piece, 1, sizeof piece, f)) > 0) {
        text_add(text, piece, n);
        if (text->length > MAX_FILE)
            return scan_error(sc, (struct place){ sc->path, 0, 0 },
                              "larger than 1 MiB, which is the most that is read");
    }
    if (ferror(f))
        return scan_error(sc, (struct place){ sc->path, 0, 0 }, "cannot be read: %s",
                          strerror(errno));
    return true;
}

/* Editors of Windows write two bytes a character where they are not asked for UTF-8. */
static bool is_utf16(const char *s, size_t length)
{
    return length >= 2 && (!memcmp(s, "\xff\xfe", 2) || !memcmp(s, "\xfe\xff", 2)
                           || !s[0] != !s[1]);
}

static bool is_text(struct scan *sc)
{
    size_t length = (size_t)(sc->end - sc->text);
    if (is_utf16(sc->text, length))
        return scan_error(sc, (struct place){ sc->path, 1, 1 }, "the file is UTF-16 text: save "
                          "it as UTF-8");
    const char *zero = memchr(sc->text, 0, length);
    if (!zero)
        return true;
    int line = 1;
    for (const char *s = sc->text; s < zero; s++)
        line += *s == '\n';
    return scan_error(sc, (struct place){ sc->path, line, 1 },
                      "a NUL byte: a network file is plain text");
}

/* A '\r' of its own ends a line, too; one before '\n' is a blank at its end. */
static void end_lines(struct scan *sc)
{
    for (char *s = sc->text; (s = strchr(s, '\r')); s++)
        if (s[1] != '\n')
            *s = '\n';
}

static void add_line(struct scan *sc, const char *start, int number)
{
    sc->full = grow(sc->full, (size_t)sc->nfull + 1, sizeof *sc->full);
    sc->full[sc->nfull++] = (struct scan_line){ start, number };
}

/* Lists the lines, of which most of a file may hold nothing. */
static bool list_lines(struct scan *sc)
{
    bool good = true;
    const char *s = sc->s;
    for (int number = 1; ; number++) {
        size_t length = strcspn(s, "\n"), code = strcspn(s, "#\n");
        if (code > MAX_LINE)
            good = scan_error(sc, (struct place){ sc->path, number, 1 }, "a line of %zu "
                              "characters; at most %d are read", code, MAX_LINE);
        if (strspn(s, " \t\r") < code)
            add_line(sc, s, number);
        if (!s[length]) {
            sc->last = (struct scan_line){ s, number };
            return good;
        }
        s += length + 1;
    }
}

/* What the file holds, or what was given in its place. */
static bool read_text(struct scan *sc, const char *given, struct text *text)
{
    if (given) {
        text_puts(text, given);
        return true;
    }
    FILE *f = fopen(sc->path, "rb");
    if (!f)
        return scan_error(sc, (struct place){ sc->path, 0, 0 }, "cannot be opened: %s",
                          strerror(errno));
    output_spare(fileno(f));
    bool good = read_all(sc, f, text);
    fclose(f);
    return good;
}

bool scan_open(struct scan *sc, const char *path, const char *given)
{
    static const char mark[] = "\xef\xbb\xbf";     /* the byte order mark in UTF-8 */
    *sc = (struct scan){ .path = path, .line = 1 };
    struct place whole = { path, 0, 0 };
    struct text text = { 0 };
    bool good = read_text(sc, given, &text);
    if (!good && !text.at)
        return false;
    text_string(&text);
    sc->text = text.at;
    sc->end = text.at + text.length;
    const char *foreign = good ? foreign_what(text.at, text.length) : NULL;
    if (foreign)
        good = scan_error(sc, whole, "%s", foreign);
    sc->s = sc->line_start = text.at + (strncmp(text.at, mark, 3) ? 0 : 3);
    good = good && is_text(sc);
    if (good) {
        end_lines(sc);
        good = list_lines(sc);
    }
    if (!good)
        scan_close(sc);
    return good;
}

void scan_close(struct scan *sc)
{
    free(sc->text);
    free(sc->full);
    sc->text = NULL;
    sc->full = NULL;
}

/* ---- messages ---- */

struct place scan_place(const struct scan *sc)
{
    return (struct place){ sc->path, sc->line, (int)(sc->s - sc->line_start) + 1 };
}

bool scan_error(struct scan *sc, struct place at, const char *format, ...)
{
    if (++sc->errors > MAX_ERRORS)
        return false;
    if (at.line)
        visible_print(stderr, "%s:%d:%d: error: ", at.file, at.line, at.col);
    else
        visible_print(stderr, "%s: error: ", at.file);
    va_list args;
    va_start(args, format);
    visible_vprint(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    if (sc->errors == MAX_ERRORS)
        visible_print(stderr, "%s: more than %d errors, the rest is not shown\n", at.file,
                      MAX_ERRORS - 1);
    sc->over |= sc->errors == MAX_ERRORS;
    return false;
}

/* ---- words ---- */

void scan_blanks(struct scan *sc)
{
    while (*sc->s == ' ' || *sc->s == '\t' || *sc->s == '\r')
        sc->s++;
}

bool scan_at_end(struct scan *sc)
{
    scan_blanks(sc);
    return !*sc->s || *sc->s == '\n' || *sc->s == '#';
}

void scan_next_line(struct scan *sc)
{
    int low = 0, high = sc->nfull;      /* the first line after this one lies between */
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (sc->full[middle].number <= sc->line)
            low = middle + 1;
        else
            high = middle;
    }
    sc->read += (size_t)(sc->s - sc->line_start) + 1;
    bool none = low == sc->nfull;
    const struct scan_line *next = none ? &sc->last : &sc->full[low];
    sc->line = next->number;
    sc->line_start = next->start;
    sc->s = none ? sc->end : next->start;
}

bool scan_char(struct scan *sc, char c)
{
    scan_blanks(sc);
    if (*sc->s != c)
        return false;
    sc->s++;
    return true;
}

bool scan_word(struct scan *sc, char *word)
{
    scan_blanks(sc);
    size_t n = 0;
    if (!isalpha((unsigned char)*sc->s) && *sc->s != '_')
        return false;
    for (; isalnum((unsigned char)*sc->s) || *sc->s == '_'; sc->s++)
        if (n < WORD_MAX_LEN - 1)
            word[n++] = *sc->s;
    word[n] = '\0';
    return true;
}

/* ---- what is no word ---- */

/* The character of UTF-8 beyond ASCII at s, and its bytes; 0: there is none. */
static unsigned long utf8(const char *s, size_t *length)
{
    int n = visible_character(s, strnlen(s, 4));
    if (n < 2)
        return 0;
    unsigned long c = (unsigned char)*s & (0xffu >> (n + 1));
    for (int i = 1; i < n; i++)
        c = c << 6 | ((unsigned char)s[i] & 0x3f);
    *length = (size_t)n;
    return c;
}

/* Characters that look like others, and what is written instead of them. */
static const struct { unsigned long first, last; const char *name; bool seen; } looks[] = {
    { 0x80, 0x9f, "a control character: remove it", false },
    { 0xa0, 0xa0, "a no-break space: write an ordinary one", false },
    { 0xad, 0xad, "a soft hyphen: remove it", false },
    { 0xb2, 0xb3, "a raised digit: numbers know no powers", true },
    { 0xd7, 0xd7, "a multiplication sign: write x between sides, * between factors", true },
    { 0x2000, 0x200a, "a typographic space: write an ordinary one", false },
    { 0x200b, 0x200f, "an invisible character: remove it", false },
    { 0x2010, 0x2015, "a dash: write -", true },
    { 0x2018, 0x201f, "a typographic quotation mark: nothing is quoted here", true },
    { 0x2026, 0x2026, "an ellipsis", true },
    { 0x2028, 0x202e, "an invisible character: remove it", false },
    { 0x202f, 0x202f, "a no-break space: write an ordinary one", false },
    { 0x205f, 0x205f, "a typographic space: write an ordinary one", false },
    { 0x2060, 0x206f, "an invisible character: remove it", false },
    { 0x2212, 0x2212, "a minus sign: write -", true },
    { 0x3000, 0x3000, "a wide space: write an ordinary one", false },
    { 0xfeff, 0xfeff, "a byte order mark amid the text: remove it", false },
    { 0xff01, 0xff5e, "a wide character: write the ordinary one", true },
};
enum { LOOKS = sizeof looks / sizeof *looks };

/* A character beyond ASCII by its name or, a letter, by itself. */
static void describe(const char *s, char *what, size_t size)
{
    size_t length;
    unsigned long c = utf8(s, &length);
    if (!c) {
        snprintf(what, size, "byte 0x%02x%s", (unsigned)(unsigned char)*s,
                 (unsigned char)*s < 0x80 ? "" : ", which is no UTF-8");
        return;
    }
    int k = 0;
    while (k < LOOKS && (c < looks[k].first || c > looks[k].last))
        k++;
    bool seen = k == LOOKS || looks[k].seen;
    snprintf(what, size, "%s%.*s%sU+%04lX%s%s", seen ? "\"" : "", seen ? (int)length : 0, s,
             seen ? "\", " : "", c, k < LOOKS ? ", " : "", k < LOOKS ? looks[k].name : "");
}

const char *scan_what(struct scan *sc)
{
    static char what[128];
    if (scan_at_end(sc))
        return "the end of the line";
    const char *s = sc->s;
    size_t n = 0;
    what[n++] = '"';
    if (!isprint((unsigned char)*s)) {
        describe(s, what, sizeof what);
        return what;
    }
    do
        what[n++] = *s++;
    while (n < WORD_MAX_LEN && (isalnum((unsigned char)*s) || *s == '_'));
    what[n++] = '"';
    what[n] = '\0';
    return what;
}
