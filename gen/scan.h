/*
** scan.h - reads a network file character by character: positions, words,
** numbers, messages. It must never read past the text, whatever bytes it holds.
*/
#ifndef LATHE_SCAN_H
#define LATHE_SCAN_H

#include "net.h"

enum { MAX_ERRORS = 20, WORD_MAX_LEN = 64, MAX_LINE = 4096 };

struct scan {
    const char *path;
    char *text;
    const char *s, *end, *line_start;
    int line;
    int errors;
};

/* The file's text with a zero behind it. False: a message was printed. */
bool scan_open(struct scan *sc, const char *path);
void scan_close(struct scan *sc);

struct place scan_place(const struct scan *sc);

/* Prints `path:line:col: error: ...` and counts it. Returns false. */
bool scan_error(struct scan *sc, struct place at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void scan_blanks(struct scan *sc);          /* blanks and a comment, not the line's end */
bool scan_at_end(struct scan *sc);          /* of the line, blanks skipped */
void scan_next_line(struct scan *sc);
bool scan_char(struct scan *sc, char c);    /* takes c if it comes next, blanks skipped */

/* A word of letters, digits and _ that begins with no digit. False, and nothing
** taken, where there is none. Words longer than WORD_MAX_LEN - 1 are cut. */
bool scan_word(struct scan *sc, char *word);

/* What stands here, for a message: a word, a character, "the end of the line". */
const char *scan_what(struct scan *sc);

#endif
