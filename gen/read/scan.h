/*
** scan.h - reads a network file character by character: positions, words,
** numbers, messages. It must never read past the text, whatever bytes it holds.
*/
#ifndef LATHE_SCAN_H
#define LATHE_SCAN_H

#include "base/net.h"

enum { MAX_ERRORS = 20, WORD_MAX_LEN = 64, MAX_LINE = 4096 };

/* A line with more on it than blanks and a comment. */
struct scan_line { const char *start; int number; };

struct scan {
    const char *path;
    char *text;
    const char *s, *end, *line_start;
    int line;
    int errors;
    bool over;                  /* as many errors as are shown, or too much text: time to stop */
    size_t read;                /* characters of the lines passed, again and again in repeats */
    struct scan_line *full; int nfull;      /* ascending */
    struct scan_line last;      /* where the text ends */
};

/* The file's text (`given` in its place unless that is NULL) with a zero after it, without the byte
** order mark, its lines ended by '\n'. False: a message was printed. */
bool scan_open(struct scan *sc, const char *path, const char *given);
void scan_close(struct scan *sc);

struct place scan_place(const struct scan *sc);

/* Prints `path:line:col: error: ...` and counts it. Returns false. */
bool scan_error(struct scan *sc, struct place at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void scan_blanks(struct scan *sc);          /* up to a comment or the line's end */
bool scan_at_end(struct scan *sc);          /* of the line but a comment, blanks skipped */
void scan_next_line(struct scan *sc);       /* the next with anything on it, or the text's end */
bool scan_char(struct scan *sc, char c);    /* takes c if it comes next, blanks skipped */

/* A word of letters, digits and _ that begins with no digit. False, and nothing
** taken, where there is none. Words longer than WORD_MAX_LEN - 1 are cut. */
bool scan_word(struct scan *sc, char *word);

/* What stands here, for a message: a word, a character, "the end of the line". */
const char *scan_what(struct scan *sc);

#endif
