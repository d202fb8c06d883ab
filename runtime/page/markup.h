/*
** markup.h - the frame of a page, its colours, and text that is safe in it: of a
** training's report and of `lathe show --html`.
*/
#ifndef LATHE_MARKUP_H
#define LATHE_MARKUP_H

#include <stdio.h>

/* CSS: the colours of light, dark and print, for pages and for SVG that stands alone. */
extern const char markup_colors[];

/* Escaped, for elements and for quoted attributes. */
void markup_text(FILE *out, const char *text);

/* 1234567 as 1,234,567; and as "1.23 M". */
void markup_count(FILE *out, double n);
void markup_short(FILE *out, double n);

/* To <main>; `refresh`: seconds after which the browser reads the page again, 0: never. The
** rules of `more`, CSS, come last. */
void markup_open(FILE *out, const char *title, int refresh, const char *more);
void markup_close(FILE *out);

/* A figure and what it is. */
void markup_tile(FILE *out, const char *value, const char *what);

#endif
