/*
** names.h - a table from names to numbers. Names are added one after the other and taken off
** from the end.
*/
#ifndef LATHE_NAMES_H
#define LATHE_NAMES_H

#include <stddef.h>

#include "base/text.h"

struct names_entry { size_t at; unsigned hash; int value, next; };

struct names {
    struct names_entry *entry; int count;
    int *head; size_t heads;    /* of the chains of entries with one hash, the last one first */
    struct text text;           /* the names, a zero after each */
};

/* The number of the last entry with this name (or its first `length` characters); -1: none. */
int names_find(const struct names *n, const char *name);
int names_find_part(const struct names *n, const char *name, size_t length);

/* value: 0 or more */
void names_add(struct names *n, const char *name, int value);

void names_cut(struct names *n, int count);     /* the first `count` stay */
void names_free(struct names *n);

#endif
