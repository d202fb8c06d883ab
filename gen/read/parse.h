/*
** parse.h - the parser of a network file: its state, and how statements read their parts. Each
** reader returns false where it printed a message; what it read is of no use then.
*/
#ifndef LATHE_PARSE_H
#define LATHE_PARSE_H

#include "runtime/settings/settings.h"
#include "read/expr.h"
#include "read/scan.h"

enum { MAX_LAYERS = 10000, MAX_SIZE = 65536, MAX_FACTOR = 64 };

struct parser {
    struct scan sc;
    struct scope scope;
    struct names layers;            /* by name */
    int of_kind[LAYER_KINDS];       /* layers so far */
    struct net *net;
    struct setting *set;
    int nset;
    int headless;                   /* repeats whose header was wrong, still to be closed */
    char suffix[NAME_MAX_LEN];      /* of labels inside repeats: "_1_2" */
    int nesting;
    int last;                       /* the layer that the next one reads, or INPUT */
    int branch;                     /* that it begins, of the fork that it reads */
    int branches;                   /* open */
    bool in_train;
    struct place input_at;
    struct place *setting_at;       /* where each of setting_rows was made; line 0: not yet */
};

/* before, after: "expected %s", "nothing more expected after %s" */
bool expect_char(struct parser *p, char c, const char *before);
bool expect_end(struct parser *p, const char *after);

/*
** A name that the emitted program's are made of, joined by "__": so it has none itself, and no
** '_' at its ends. what: "a label".
*/
bool good_name(struct parser *p, struct place at, const char *what, const char *name);

/* A side of a window, a channel count: a number or an expression in parentheses, from 1. */
bool dimension(struct parser *p, const char *what, int most, int *result);

/* The x between two sides. */
bool times(struct parser *p, const char *where);

/* A number of a kind that training knows, with its bounds. */
bool number(struct parser *p, const char *what, enum bound bound, double *result);

/* One of a list of words. */
bool choice(struct parser *p, const char *what, const char *const *known, int nknown, int *which);

/* The value of a row, into the struct that has it; word: what stands before it. */
bool row_value(struct parser *p, const struct value_row *row, const char *word, void *result);

/* `word` may follow, and nothing else. */
bool optional_word(struct parser *p, const char *what, const char *word, bool *found);

#endif
