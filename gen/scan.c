/*
** scan.c - reads a network file character by character.
*/
#include "scan.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../runtime/output.h"
#include "text.h"

enum { MAX_FILE = 1 << 20 };

static bool read_all(struct scan *sc, FILE *f, struct text *text)
{
    char piece[4096];
    size_t n;
    while ((n = fread(piece, 1, sizeof piece, f)) > 0) {
        text_add(text, piece, n);
        if (text->length > MAX_FILE)
            return scan_error(sc, (struct place){ sc->path, 0, 0 },
                              "larger than 1 MiB: this is no network file");
    }
    if (ferror(f))
        return scan_error(sc, (struct place){ sc->path, 0, 0 }, "cannot be read: %s",
                          strerror(errno));
    return true;
}

bool scan_open(struct scan *sc, const char *path)
{
    *sc = (struct scan){ .path = path, .line = 1 };
    struct place whole = { path, 0, 0 };
    FILE *f = fopen(path, "rb");
    if (!f)
        return scan_error(sc, whole, "cannot be opened: %s", strerror(errno));
    struct text text = { 0 };
    output_spare(fileno(f));
    bool good = read_all(sc, f, &text);
    fclose(f);
    text_string(&text);
    sc->text = text.at;
    sc->s = sc->line_start = text.at;
    sc->end = text.at + text.length;
    const char *zero = memchr(text.at, 0, text.length);
    if (good && zero) {
        int line = 1;
        for (const char *s = text.at; s < zero; s++)
            line += *s == '\n';
        good = scan_error(sc, (struct place){ path, line, 1 },
                          "a NUL byte: a network file is plain text");
    }
    if (!good)
        scan_close(sc);
    return good;
}

void scan_close(struct scan *sc)
{
    free(sc->text);
    sc->text = NULL;
}

struct place scan_place(const struct scan *sc)
{
    return (struct place){ sc->path, sc->line, (int)(sc->s - sc->line_start) + 1 };
}

bool scan_error(struct scan *sc, struct place at, const char *format, ...)
{
    if (++sc->errors > MAX_ERRORS)
        return false;
    if (at.line)
        fprintf(stderr, "%s:%d:%d: error: ", at.file, at.line, at.col);
    else
        fprintf(stderr, "%s: error: ", at.file);
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    if (sc->errors == MAX_ERRORS)
        fprintf(stderr, "%s: more than %d errors, the rest is not shown\n", at.file,
                MAX_ERRORS - 1);
    return false;
}

void scan_blanks(struct scan *sc)
{
    while (*sc->s == ' ' || *sc->s == '\t' || *sc->s == '\r')
        sc->s++;
    if (*sc->s == '#')
        while (*sc->s && *sc->s != '\n')
            sc->s++;
}

bool scan_at_end(struct scan *sc)
{
    scan_blanks(sc);
    return !*sc->s || *sc->s == '\n';
}

void scan_next_line(struct scan *sc)
{
    while (*sc->s && *sc->s != '\n')
        sc->s++;
    if (*sc->s == '\n') {
        sc->s++;
        sc->line++;
        sc->line_start = sc->s;
    }
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

const char *scan_what(struct scan *sc)
{
    static char what[WORD_MAX_LEN + 2];
    if (scan_at_end(sc))
        return "the end of the line";
    const char *s = sc->s;
    size_t n = 0;
    what[n++] = '"';
    if (!isprint((unsigned char)*s)) {
        snprintf(what, sizeof what, "byte 0x%02x", (unsigned)(unsigned char)*s);
        return what;
    }
    do
        what[n++] = *s++;
    while (n < WORD_MAX_LEN && (isalnum((unsigned char)*s) || *s == '_'));
    what[n++] = '"';
    what[n] = '\0';
    return what;
}
