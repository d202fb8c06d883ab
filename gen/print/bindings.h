/*
** bindings.h - what stands for a template's names, sizes and flags.
*/
#ifndef LATHE_BINDINGS_H
#define LATHE_BINDINGS_H

#include <stdbool.h>

/* TMPL_NAME_LEN: an instruction set, a network, a label and a part. */
enum { TMPL_MAX = 64, TMPL_NAME_LEN = 192, UNROLL_LINES = 250, BRIEF_LINES = 120,
       SMALL_LINES = 12 };

/* What stands for a list of sizes and for a name while a template is prepared; a byte from
** TMPL_FIRST on says which. */
enum { TMPL_SIZES = 1, TMPL_NAME = 2, TMPL_FIRST = 0x80 };

enum word_kind { WORD_NAME, WORD_SIZE, WORD_FLAG };

struct emission;
struct stage;
struct sweep;

/* A name that is printed. */
struct part_name { char text[TMPL_NAME_LEN]; };

struct bindings {
    /* Binds a word that is not bound here; false: it does not know it. NULL: nobody does. */
    bool (*look_up)(struct bindings *, enum word_kind, const char *word);
    /* dictionary.c's: whose words it knows; sweep: the one of the stage's that is meant, or NULL */
    struct emission *e; const struct stage *stage; const struct sweep *sweep;
    struct { const char *key; char value[TMPL_NAME_LEN]; } name[TMPL_MAX];  int nnames;
    struct { const char *key; long value; char symbol[TMPL_NAME_LEN]; bool asked; }
        size[TMPL_MAX];  int nsizes;
    struct { const char *key; bool value; } flag[TMPL_MAX];      int nflags;
    struct { const char *key; const char *value; } here[16];     int nheres;
    struct { const char *op; char more[64]; } epilogue[8];       int nepilogue;
    int vl, vc;            /* lanes of a vector, columns that v_columns makes */
    int most_lines;        /* loops of more are kept; 0: UNROLL_LINES */
    int loops_kept;        /* out: UNROLL loops too long to be written out; as is `asked`: a loop's
                              bound looked at the size */
};

void bind_name(struct bindings *b, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void bind_size(struct bindings *b, const char *key, long value);
/* The same, printed as this text. */
void bind_symbol(struct bindings *b, const char *key, const char *text, long value);
bool is_bound(const struct bindings *b, enum word_kind kind, const char *word);
void bind_flag(struct bindings *b, const char *key, bool value);
/* An operation of the epilogue, with the arguments after the value (", a"), or "". */
void bind_operation(struct bindings *b, const char *op, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void bind_here(struct bindings *b, const char *key, const char *text);

#endif
