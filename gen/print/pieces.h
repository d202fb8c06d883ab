/*
** pieces.h - C as a list of what stands at its top level: lines of the preprocessor, declarations,
** tables, functions. It reads tokens, not C: what lathe prints is written so that this is enough.
*/
#ifndef LATHE_PIECES_H
#define LATHE_PIECES_H

#include <stdbool.h>

enum piece_kind {
    PIECE_LINE,         /* of the preprocessor */
    PIECE_OTHER,        /* a type, a constant, a declaration without `static` */
    PIECE_TABLE,        /* a variable with its values */
    PIECE_PROTOTYPE,    /* of a static function */
    PIECE_PROTOTYPES,   /* of several, by their type: `static region_fn a, b;` */
    PIECE_FUNCTION
};

enum { PIECE_NAME = 128 };

struct piece {
    enum piece_kind kind;
    const char *start, *code, *end;     /* before code: blank lines and comments */
    const char *body;                   /* of a function: its brace */
    const char *type;                   /* of PIECE_PROTOTYPES: region_fn */
    bool is_static, is_const;
    char name[PIECE_NAME];              /* of a table, a prototype or a function */
};

/* The piece that begins at s. False: s has none, or one without its end, or a name too long. */
bool piece_read(const char *s, struct piece *p);

/* The next word before end that may name a table or a function; NULL: none. Words in comments and
** strings, members of structures and tags are none. *length: of the word. */
const char *piece_word(const char *s, const char *end, int *length);

#endif
