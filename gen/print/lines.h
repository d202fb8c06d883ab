/*
** lines.h - `lathe emit --lines`: which line of which file a line of the emitted text came from.
** Until the text is whole, every line carries a mark of LINE_MARK_BYTES at its end; without
** --lines there are none.
*/
#ifndef LATHE_LINES_H
#define LATHE_LINES_H

#include "base/text.h"

enum { LINE_MARK = 3, LINE_MARK_BYTES = 5 };

/* From here on texts are marked; file: what is being emitted. */
void lines_begin(const char *file);

/* The text of a file of directory and path, its lines marked if lines_begin asked for it. */
const char *lines_of(const char *directory, const char *path, const char *text);

/* The mark at the end of the line that s is in: its length is 0 where there is none. */
const char *line_mark(const char *s, int *length);

/* After the mark that begins at s, or s. */
static inline const char *after_mark(const char *s)
{
    return *s == LINE_MARK ? s + LINE_MARK_BYTES : s;
}

/* Appends text without marks. */
void drop_marks(const char *text, struct text *out);

/* As lay_out_lines, the marks with the words that they were marks of. */
void lay_out_marked(const char *text, struct text *out);

/* The whole text, for each mark a #line where the compiler would count on wrongly. more: lines
** that are still to be put in where its line `here` stands. */
void put_lines(const char *text, const char *here, int more, struct text *out);

#endif
