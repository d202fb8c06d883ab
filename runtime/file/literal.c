/*
** literal.c - reads a Python literal. It must never accept what Python's ast.literal_eval refuses:
** what it says of an array's type and shape is believed. Not read, though Python does, are
** characters by their Unicode names, "\N{...}".
*/
#include "file/literal.h"

#include <stdlib.h>
#include <string.h>

#include "base/visible.h"

enum { LITERAL_DEPTH = 200 };       /* brackets that Python lets be open */

/* What operators may do with a value. */
enum { LITERAL_REAL = 1, LITERAL_IMAGINARY = 2, LITERAL_SIGNED = 4 };

struct literal_reader {
    char *s;                        /* what is left; CR and CR LF have become LF */
    struct literal *node;           /* the next free one: a byte begins at most one */
    int depth;                      /* brackets that are open */
    bool python2;
};

static struct literal *literal_value(struct literal_reader *r);

static bool literal_word_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'
           || (unsigned char)c >= 0x80;
}

/* Blanks, lines that go on after a backslash and, between brackets, line ends and comments. */
static void literal_blanks(struct literal_reader *r)
{
    for (;;) {
        r->s += strspn(r->s, " \t\f");
        if (r->s[0] == '\\' && r->s[1] == '\n' && r->s[2])
            r->s += 2;
        else if (r->depth > 0 && *r->s == '#')
            r->s += strcspn(r->s, "\n");
        else if (r->depth > 0 && *r->s == '\n')
            r->s++;
        else
            return;
    }
}

static bool literal_take(struct literal_reader *r, char c)
{
    literal_blanks(r);
    if (*r->s != c)
        return false;
    r->s++;
    return true;
}

static struct literal *literal_new(struct literal_reader *r, enum literal_kind kind)
{
    *r->node = (struct literal){ .kind = kind };
    return r->node++;
}

/* ---- strings ---- */

/* `digits` digits of an escape; false: not as many. */
static bool literal_digits(struct literal_reader *r, int digits, unsigned long *code)
{
    char text[9] = "", *end;
    memcpy(text, r->s, strnlen(r->s, (size_t)digits));
    if (strspn(text, "0123456789abcdefABCDEF") < (size_t)digits)
        return false;
    *code = strtoul(text, &end, 16);
    r->s += digits;
    return true;
}

/* After a backslash; NULL: no escape of Python's. */
static char *literal_escape(struct literal_reader *r, bool bytes, char *to)
{
    static const char from[] = "\\'\"abfnrtv", plain[] = "\\'\"\a\b\f\n\r\t\v";
    unsigned long code = 0;
    const char *found = *r->s ? strchr(from, *r->s) : NULL;
    int digits = *r->s == 'x' ? 2 : *r->s == 'u' && !bytes ? 4 : *r->s == 'U' && !bytes ? 8 : 0;
    if (found) {
        r->s++;
        *to++ = plain[found - from];
    } else if (*r->s == '\n') {
        r->s++;
    } else if (*r->s >= '0' && *r->s <= '7') {
        for (int k = 0; k < 3 && *r->s >= '0' && *r->s <= '7'; k++)
            code = 8*code + (unsigned long)(*r->s++ - '0');
        return visible_encode(to, code);
    } else if (digits) {
        r->s++;
        return literal_digits(r, digits, &code) && code <= 0x10ffff ? visible_encode(to, code)
                                                                    : NULL;
    } else if (*r->s == 'N' && !bytes) {
        return NULL;
    } else {
        *to++ = '\\';               /* it stays, with whatever follows */
    }
    return to;
}

/* Where the string of one literal ends, its text written to `to`; NULL: it does not end. */
static char *literal_string(struct literal_reader *r, bool raw, bool bytes, char *to)
{
    char quote = *r->s;
    bool triple = r->s[1] == quote && r->s[2] == quote;
    for (r->s += triple ? 3 : 1;;) {
        if (!*r->s || (*r->s == '\n' && !triple) || (bytes && (unsigned char)*r->s >= 0x80))
            return NULL;
        if (*r->s == quote && (!triple || (r->s[1] == quote && r->s[2] == quote))) {
            r->s += triple ? 3 : 1;
            return to;
        }
        if (*r->s != '\\') {
            *to++ = *r->s++;
        } else if (raw) {
            *to++ = *r->s++;
            if (*r->s)
                *to++ = *r->s++;
        } else {
            r->s++;
            to = literal_escape(r, bytes, to);
            if (!to)
                return NULL;
        }
    }
}

/* The quote after a prefix, r, u, b, br or rb; NULL: no string begins here. */
static char *literal_prefix(char *s, bool *raw, bool *bytes)
{
    size_t length = strspn(s, "rRbBuU");
    bool r = false, b = false, u = false;
    if ((s[length] != '"' && s[length] != '\'') || length > 2)
        return NULL;
    for (size_t k = 0; k < length; k++) {
        bool *seen = s[k] == 'r' || s[k] == 'R' ? &r : s[k] == 'b' || s[k] == 'B' ? &b : &u;
        if (*seen)
            return NULL;
        *seen = true;
    }
    *raw = r;
    *bytes = b;
    return u && length > 1 ? NULL : s + length;
}

/* Strings that stand one after the other are one; it is written over them. */
static struct literal *literal_text(struct literal_reader *r)
{
    struct literal *v = literal_new(r, LITERAL_TEXT);
    bool raw, bytes, first = true, kind = false;
    char *to = r->s, *quote;
    v->text = to;
    while ((quote = literal_prefix(r->s, &raw, &bytes)) != NULL) {
        if (!first && bytes != kind)
            return NULL;
        kind = bytes;
        first = false;
        r->s = quote;
        to = literal_string(r, raw, bytes, to);
        if (!to)
            return NULL;
        v->length = (size_t)(to - v->text);
        literal_blanks(r);
    }
    *to = 0;                        /* where a quote was, at the latest */
    if (kind)
        v->kind = LITERAL_OTHER;
    return first ? NULL : v;
}

/* ---- numbers ---- */

/* Digits of a base with single underscores between them; false: none. */
static bool literal_run(struct literal_reader *r, unsigned base, bool underscore,
                        struct literal *v)
{
    bool any = false;
    for (;; any = true) {
        char *s = r->s + (*r->s == '_' && (any || underscore));
        unsigned digit = *s >= '0' && *s <= '9' ? (unsigned)(*s - '0')
                         : (*s | 32) >= 'a' && (*s | 32) <= 'f' ? (unsigned)((*s | 32) - 'a' + 10)
                         : 99;
        if (digit >= base)
            return any;
        v->large = v->large || __builtin_mul_overflow(v->value, base, &v->value)
                   || __builtin_add_overflow(v->value, digit, &v->value);
        r->s = s + 1;
    }
}

/* An L, or more, as tokens of their own. */
static void literal_long(struct literal_reader *r)
{
    for (;;) {
        char *s = r->s + strspn(r->s, " \t\f");
        if (*s != 'L' || literal_word_character(s[1]))
            return;
        r->s = s + 1;
    }
}

static struct literal *literal_number(struct literal_reader *r)
{
    struct literal *v = literal_new(r, LITERAL_INTEGER);
    char base = *r->s == '0' ? (char)(r->s[1] | 32) : '0';
    const char *from = r->s;
    v->number = LITERAL_REAL;
    if (base == 'x' || base == 'o' || base == 'b') {
        r->s += 2;
        if (!literal_run(r, base == 'x' ? 16 : base == 'o' ? 8 : 2, true, v))
            return NULL;
    } else {
        bool real = false;
        literal_run(r, 10, false, v);       /* or one after the point: who calls has seen it */
        bool zeros = *from == '0' && (v->value > 0 || v->large);
        if (*r->s == '.') {
            r->s++;
            real = true;
            literal_run(r, 10, false, v);
        }
        if (*r->s == 'e' || *r->s == 'E') {
            r->s += r->s[1] == '+' || r->s[1] == '-' ? 2 : 1;
            real = true;
            if (!literal_run(r, 10, false, v))
                return NULL;
        }
        if (*r->s == 'j' || *r->s == 'J') {
            r->s++;
            real = true;
            v->number = LITERAL_IMAGINARY;
        }
        if (zeros && !real)
            return NULL;            /* 007 */
        v->kind = real ? LITERAL_OTHER : LITERAL_INTEGER;
    }
    if (r->python2)
        literal_long(r);
    return literal_word_character(*r->s) ? NULL : v;
}

/* ---- what has values in it ---- */

static bool literal_open(struct literal_reader *r)
{
    r->s++;
    return ++r->depth <= LITERAL_DEPTH;
}

static bool literal_close(struct literal_reader *r, char c)
{
    if (!literal_take(r, c))
        return false;
    r->depth--;
    return true;
}

/* The values up to `c`, a comma after each, which after the last may be missing: *comma. */
static bool literal_values(struct literal_reader *r, char c, struct literal *v, bool *comma)
{
    struct literal **end = &v->first;
    for (*comma = true; !literal_close(r, c); *comma = literal_take(r, ',')) {
        struct literal *value = *comma ? literal_value(r) : NULL;
        if (!value)
            return false;
        *end = value;
        end = &value->next;
        v->unhashable = v->unhashable || value->unhashable;
    }
    return true;
}

/* A tuple, or a value in brackets. */
static struct literal *literal_tuple(struct literal_reader *r)
{
    struct literal *v = literal_new(r, LITERAL_TUPLE);
    bool comma;
    if (!literal_open(r) || !literal_values(r, ')', v, &comma))
        return NULL;
    return comma ? v : v->first->next ? v : v->first;
}

static struct literal *literal_list(struct literal_reader *r)
{
    struct literal *v = literal_new(r, LITERAL_OTHER);
    bool comma;
    if (!literal_open(r) || !literal_values(r, ']', v, &comma))
        return NULL;
    v->unhashable = true;
    return v;
}

/* A dictionary, or a set: what follows the first value tells. */
static struct literal *literal_braces(struct literal_reader *r)
{
    struct literal *v = literal_new(r, LITERAL_DICT);
    struct literal **end = &v->first;
    if (!literal_open(r))
        return NULL;
    for (bool comma = true, empty = true; !literal_close(r, '}'); comma = literal_take(r, ',')) {
        struct literal *key = comma ? literal_value(r) : NULL;
        if (!key || key->unhashable)
            return NULL;
        if (empty && !literal_take(r, ':'))
            v->kind = LITERAL_OTHER;
        else if (!empty && v->kind == LITERAL_DICT && !literal_take(r, ':'))
            return NULL;
        empty = false;
        *end = key;
        end = &key->next;
        if (v->kind == LITERAL_OTHER)
            continue;
        struct literal *value = literal_value(r);
        if (!value)
            return NULL;
        *end = value;
        end = &value->next;
    }
    v->unhashable = true;
    return v;
}

static struct literal *literal_name(struct literal_reader *r)
{
    static const struct { const char *name; enum literal_kind kind; } names[] = {
        { "True", LITERAL_TRUE }, { "False", LITERAL_FALSE }, { "None", LITERAL_OTHER },
        { "...", LITERAL_OTHER }, { "set", LITERAL_OTHER },
    };
    enum { NAMES = sizeof names / sizeof *names, SET = NAMES - 1 };
    int k = 0;
    while (k < NAMES && strncmp(r->s, names[k].name, strlen(names[k].name)) != 0)
        k++;
    if (k == NAMES)
        return NULL;
    struct literal *v = literal_new(r, names[k].kind);
    r->s += strlen(names[k].name);
    if (k < SET)
        return literal_word_character(*r->s) && *names[k].name != '.' ? NULL : v;
    v->unhashable = true;           /* set(), the only way to write an empty one */
    if (!literal_take(r, '('))
        return NULL;
    r->depth++;
    return literal_close(r, ')') ? v : NULL;
}

static struct literal *literal_part(struct literal_reader *r)
{
    bool raw, bytes;
    literal_blanks(r);
    if (*r->s == '(')
        return literal_tuple(r);
    if (*r->s == '[')
        return literal_list(r);
    if (*r->s == '{')
        return literal_braces(r);
    if ((*r->s >= '0' && *r->s <= '9') || (*r->s == '.' && r->s[1] >= '0' && r->s[1] <= '9'))
        return literal_number(r);
    return literal_prefix(r->s, &raw, &bytes) ? literal_text(r) : literal_name(r);
}

/* -1, +1, 1 + 2j: all the arithmetic that there is. */
static struct literal *literal_value(struct literal_reader *r)
{
    bool minus = literal_take(r, '-'), sign = minus || literal_take(r, '+');
    struct literal *v = literal_part(r);
    if (!v || (sign && (!v->number || v->number & LITERAL_SIGNED)))
        return NULL;
    if (sign) {
        v->number |= LITERAL_SIGNED;
        v->negative = minus;
    }
    if (!literal_take(r, '+') && !literal_take(r, '-'))
        return v;
    struct literal *right = literal_part(r);
    if (!right || right->number != LITERAL_IMAGINARY || !(v->number & LITERAL_REAL))
        return NULL;
    v->kind = LITERAL_OTHER;
    v->number = 0;
    return v;
}

/* Lines of blanks and comments. Python refuses one that is indented and holds more, and blanks
** alone at the text's end; where numpy looks for Python 2's L it forgives the second, and blanks
** after a form feed on the first line. */
static bool literal_lines(struct literal_reader *r, bool first)
{
    for (;; first = false) {
        char *from = r->s;
        r->s += strspn(r->s, " \t\f");
        bool blanks = r->s > from && r->s[-1] != '\f', comment = *r->s == '#';
        if (comment)
            r->s += strcspn(r->s, "\n");
        if (*r->s != '\n')
            return !blanks || comment || (r->python2 && (first || !*r->s));
        r->s++;
    }
}

static void literal_line_ends(char *text)
{
    char *to = text;
    for (const char *s = text; *s; s++)
        if (*s != '\r')
            *to++ = *s;
        else if (s[1] != '\n')
            *to++ = '\n';
    *to = 0;
}

struct literal *literal_read(char *text, bool python2, void **room)
{
    struct literal_reader r = { .s = text, .python2 = python2 };
    *room = r.node = malloc((strlen(text) + 1)*sizeof *r.node);
    if (!r.node)
        return NULL;
    literal_line_ends(text);
    r.s += strspn(text, " \t");
    if (!literal_lines(&r, true))
        return NULL;
    struct literal *v = literal_value(&r);
    if (!v)
        return NULL;
    literal_blanks(&r);
    if (*r.s == '#')
        r.s += strcspn(r.s, "\n");
    return (*r.s == '\n' || !*r.s) && literal_lines(&r, false) && !*r.s ? v : NULL;
}

struct literal *literal_get(const struct literal *dict, const char *key)
{
    struct literal *found = NULL;
    for (struct literal *k = dict->first; k; k = k->next->next)
        if (k->kind == LITERAL_TEXT && k->length == strlen(key)
            && memcmp(k->text, key, k->length) == 0)
            found = k->next;
    return found;
}
