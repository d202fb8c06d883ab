/*
** expr.h - numbers of a network file: names that `let` and `repeat` define, and
** expressions of them.
*/
#ifndef LATHE_EXPR_H
#define LATHE_EXPR_H

#include "base/names.h"
#include "read/scan.h"

struct variable {
    char name[WORD_MAX_LEN];
    double value;
    struct place at;
    bool used;
    bool counter;               /* a repeat's: may stay unused */
};

struct scope { struct variable *variable; int count; struct names names; };

struct variable *scope_find(struct scope *scope, const char *name);
void scope_push(struct scope *scope, struct variable v);
void scope_cut(struct scope *scope, int count);     /* the first `count` stay */
void scope_free(struct scope *scope);

/* EXPR; false: a message was printed. */
bool expression(struct scan *sc, struct scope *scope, double *value);

/* A place that takes one number: a number, a name, or an expression in parentheses. */
bool value(struct scan *sc, struct scope *scope, const char *what, double *result);

/* The same, integral and from least to most. */
bool integer(struct scan *sc, struct scope *scope, const char *what, int least, int most,
             int *result);

#endif
