/*
** contents.h - the table of contents of an emitted file.
*/
#ifndef LATHE_CONTENTS_H
#define LATHE_CONTENTS_H

#include <stdio.h>

#include "base/text.h"

struct contents {
    struct { struct text title, mark; } *entry;
    int count;
};

/* The next entry: its title, and how the line begins that it is about. In the file's order. */
void contents_add(struct contents *c, const char *title, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A heading in out, and the entry for it. */
void contents_section(struct contents *c, struct text *out, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Moves all entries of `from` to the end of c. */
void contents_append(struct contents *c, struct contents *from);

/* Prints text with the contents where its line CONTENTS_HERE stands. */
#define CONTENTS_HERE "** @contents\n"
void contents_print(const struct contents *c, const char *text, FILE *out);

void contents_free(struct contents *c);

#endif
