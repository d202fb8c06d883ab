/*
** visible.h - text from outside for a terminal: names of files and classes, words of a file. It
** must never let a control character through, which could clear the screen, colour it or type, nor
** one that turns the direction of writing and so shows a text as another one.
*/
#ifndef LATHE_VISIBLE_H
#define LATHE_VISIBLE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Bytes of the character that s[0 .. length-1] begins with, 1 to 4; 0: it is no UTF-8
** (RFC 3629). length: at least 1. */
int visible_character(const char *s, size_t length);

/* The code point of such a character; whether it does something instead of being seen. */
unsigned visible_code(const char *s, int length);
bool visible_acts(unsigned code);

/* A code point of at most U+10FFFF in UTF-8, 1 to 4 bytes: returns where the next one goes. */
char *visible_encode(char *to, unsigned long code);

/* The next piece of a text, moving *text on: bytes that may be printed as they are, or the
** escape of one that may not, as \x1b, in room. NULL: the end. Line ends are such bytes, too. */
const char *visible_piece(const char **text, int *length, char room[5]);

/* printf, whose result is printed so that nothing in it acts; the format's own line ends do. */
void visible_print(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
void visible_vprint(FILE *out, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* A text as visible_print shows it, and blanks after it up to a column of a table; how many columns
** it takes on a terminal by itself: letters of the Far East and pictures two, accents none. */
void visible_padded(FILE *out, const char *text, int columns);
int visible_columns(const char *text);

/* Whether all of a text may be printed as it is. */
bool visible_whole(const char *text);

/* A word for a shell, byte by byte, in single quotes where it needs them: into a file, or piece by
** piece to whoever takes them. */
void shell_word(FILE *out, const char *word);
typedef void shell_put(void *to, const char *piece, size_t length);
void shell_pieces(shell_put *put, void *to, const char *word);

/* The same for people, who may copy it: made by the shell's printf where it could not be shown. */
void visible_word(FILE *out, const char *word);

/* One line: rewrites the text in its `size` bytes, cut where its escapes need more. */
void visible_line(char *text, size_t size);

#endif
