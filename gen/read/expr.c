/*
** expr.c - numbers of a network file.
*/
#include "read/expr.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "read/layers.h"

/* The digits of any double, written out: 1e308, or 2^-1074 after the point. */
enum { MAX_DEPTH = 100, MAX_DIGITS = 1100 };

struct variable *scope_find(struct scope *scope, const char *name)
{
    int i = names_find(&scope->names, name);
    return i < 0 ? NULL : &scope->variable[i];
}

void scope_push(struct scope *scope, struct variable v)
{
    scope->variable = grow(scope->variable, (size_t)scope->count + 1, sizeof v);
    names_add(&scope->names, v.name, scope->count);
    scope->variable[scope->count++] = v;
}

void scope_cut(struct scope *scope, int count)
{
    names_cut(&scope->names, count);
    scope->count = count;
}

void scope_free(struct scope *scope)
{
    names_free(&scope->names);
    free(scope->variable);
    *scope = (struct scope){ .variable = NULL };
}

static bool unknown_name(struct scan *sc, struct scope *scope, struct place at, const char *name)
{
    if (scan_char(sc, '='))
        return scan_error(sc, at, "\"%s\" goes without its name here: only the number is written",
                          name);
    const char **known = alloc((size_t)scope->count, sizeof *known);
    for (int i = 0; i < scope->count; i++)
        known[i] = scope->variable[i].name;
    const char *near = nearest(name, known, scope->count);
    if (near)
        scan_error(sc, at, "no `let` defines \"%s\"; did you mean \"%s\"?", name, near);
    else
        scan_error(sc, at, "no `let` defines \"%s\"", name);
    free(known);
    return false;
}

/* Digits, fraction, exponent: no signs, no hexadecimal, so that 3x3 is 3 x 3. */
static bool number(struct scan *sc, double *result)
{
    char digits[MAX_DIGITS + 1];
    struct place at = scan_place(sc);
    const char *s = sc->s;
    bool any = false;
    for (; isdigit((unsigned char)*s) || *s == '.'; s++)
        any |= *s != '.';
    if ((*s == 'e' || *s == 'E')
        && (isdigit((unsigned char)s[1])
            || ((s[1] == '-' || s[1] == '+') && isdigit((unsigned char)s[2]))))
        for (s += 2; isdigit((unsigned char)*s); s++)
            ;
    if (s - sc->s > MAX_DIGITS)
        return scan_error(sc, at, "a number of more than %d characters", MAX_DIGITS);
    snprintf(digits, sizeof digits, "%.*s", (int)(s - sc->s), sc->s);
    char *rest;
    *result = strtod(digits, &rest);
    if (!any || *rest)
        return scan_error(sc, at, "\"%.60s\" is no number", digits);
    if (!isfinite(*result))
        return scan_error(sc, at, "\"%.60s\" is too large a number", digits);
    sc->s = s;
    return true;
}

static bool sum(struct scan *sc, struct scope *scope, double *result, int depth);

static bool factor(struct scan *sc, struct scope *scope, double *result, int depth)
{
    char name[WORD_MAX_LEN];
    if (depth > MAX_DEPTH)
        return scan_error(sc, scan_place(sc), "an expression nested deeper than %d", MAX_DEPTH);
    scan_blanks(sc);
    struct place at = scan_place(sc);
    if (scan_char(sc, '-')) {
        if (!factor(sc, scope, result, depth + 1))
            return false;
        *result = -*result;
        return true;
    }
    if (scan_char(sc, '(')) {
        if (!sum(sc, scope, result, depth + 1))
            return false;
        if (!scan_char(sc, ')'))
            return scan_error(sc, scan_place(sc), "\")\" expected, not %s", scan_what(sc));
        return true;
    }
    if (isdigit((unsigned char)*sc->s) || *sc->s == '.')
        return number(sc, result);
    if (!scan_word(sc, name))
        return scan_error(sc, at, "a number, a name or \"(\" expected, not %s", scan_what(sc));
    struct variable *v = scope_find(scope, name);
    if (!v)
        return unknown_name(sc, scope, at, name);
    v->used = true;
    *result = v->value;
    return true;
}

static bool product(struct scan *sc, struct scope *scope, double *result, int depth)
{
    if (!factor(sc, scope, result, depth))
        return false;
    for (;;) {
        double right;
        scan_blanks(sc);
        char op = *sc->s;
        struct place at = scan_place(sc);
        if (op != '*' && op != '/' && op != '%')
            return true;
        sc->s++;
        if (!factor(sc, scope, &right, depth))
            return false;
        if (op != '*' && right == 0)
            return scan_error(sc, at, "division by zero");
        *result = op == '*' ? *result*right : op == '/' ? *result / right : fmod(*result, right);
        if (!isfinite(*result))
            return scan_error(sc, at, "the value is too large");
    }
}

static bool sum(struct scan *sc, struct scope *scope, double *result, int depth)
{
    if (!product(sc, scope, result, depth))
        return false;
    for (;;) {
        double right;
        scan_blanks(sc);
        char op = *sc->s;
        if (op != '+' && op != '-')
            return true;
        struct place at = scan_place(sc);
        sc->s++;
        if (!product(sc, scope, &right, depth))
            return false;
        *result = op == '+' ? *result + right : *result - right;
        if (!isfinite(*result))
            return scan_error(sc, at, "the value is too large");
    }
}

bool expression(struct scan *sc, struct scope *scope, double *result)
{
    return sum(sc, scope, result, 0);
}

bool value(struct scan *sc, struct scope *scope, const char *what, double *result)
{
    if (scan_at_end(sc))
        return scan_error(sc, scan_place(sc), "%s is missing: a number, a name or an expression "
                          "in parentheses", what);
    return factor(sc, scope, result, 0);
}

bool integer(struct scan *sc, struct scope *scope, const char *what, int least, int most,
             int *result)
{
    double number;
    scan_blanks(sc);
    struct place at = scan_place(sc);
    if (!value(sc, scope, what, &number))
        return false;
    if (number != floor(number) || number < least || number > most)
        return scan_error(sc, at, "%s is to be a whole number from %d to %d, not %g", what, least,
                          most, number);
    *result = (int)number;
    return true;
}
