/*
** literal.h - a Python literal, as ast.literal_eval takes it: what stands in the header of a .npy
** file. Numbers, strings, True, False, None, tuples, lists, sets and dictionaries.
*/
#ifndef LATHE_LITERAL_H
#define LATHE_LITERAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum literal_kind {
    LITERAL_TEXT, LITERAL_INTEGER, LITERAL_FALSE, LITERAL_TRUE, LITERAL_TUPLE, LITERAL_DICT,
    LITERAL_OTHER       /* good, and not told apart */
};

struct literal {
    enum literal_kind kind;
    const char *text;           /* of a text: without escapes, a zero after it */
    size_t length;
    uint64_t value;             /* of an integer, without its sign */
    bool negative, large;       /* large: the value does not fit */
    bool unhashable;            /* no key */
    int number;                 /* for the parser: what operators may do with it */
    struct literal *first, *next;     /* of a tuple the values, of a dict key, value, ... */
};

/* `text` has a zero after it and is changed: what is returned points into it, and into *room,
** which is to be freed. python2: integers may end in L. NULL: it is none, or, with *room NULL,
** there is not enough memory. */
struct literal *literal_read(char *text, bool python2, void **room);

/* The value of a key, the last where it stands there twice; NULL: none. */
struct literal *literal_get(const struct literal *dict, const char *key);

#endif
