/*
** parse.c - what every statement's reader needs: characters, numbers in their bounds, words out of
** a list. An error is printed where it is found; nobody prints it again.
*/
#include "read/parse.h"

#include <string.h>

#include "read/dialects.h"
#include "read/layers.h"

bool expect_char(struct parser *p, char c, const char *before)
{
    if (scan_char(&p->sc, c))
        return true;
    return scan_error(&p->sc, scan_place(&p->sc), "\"%c\" expected %s, not %s", c, before,
                      scan_what(&p->sc));
}

bool expect_end(struct parser *p, const char *after)
{
    if (scan_at_end(&p->sc) || *p->sc.s == '}')
        return true;
    return scan_error(&p->sc, scan_place(&p->sc), "nothing more expected after %s, found %s",
                      after, scan_what(&p->sc));
}

bool dimension(struct parser *p, const char *what, int most, int *result)
{
    return integer(&p->sc, &p->scope, what, 1, most, result);
}

bool times(struct parser *p, const char *where)
{
    if (*p->sc.s == 'x') {
        p->sc.s++;
        return true;
    }
    return scan_error(&p->sc, scan_place(&p->sc), "\"x\" expected in %s, not %s", where,
                      scan_what(&p->sc));
}

/* "at most 1", for a number out of its bounds. */
static const char *should_be(const struct bounds *b, double number, char *out, size_t size)
{
    double limit = number < b->least ? b->least : b->most;
    const char *words = number > b->most ? b->most < 1 ? "less than" : "at most"
                        : number <= 0 && b->least > 0 ? "greater than" : "at least";
    if (limit == 0)
        snprintf(out, size, "0 or more");
    else
        snprintf(out, size, "%s %g", words, number <= 0 && limit == b->least ? 0 : limit);
    return out;
}

bool number(struct parser *p, const char *what, enum bound bound, double *result)
{
    const struct bounds *b = &bounds[bound];
    char words[40];
    scan_blanks(&p->sc);
    struct place at = scan_place(&p->sc);
    if (!value(&p->sc, &p->scope, what, result))
        return false;
    if (*result >= b->least && *result <= b->most)
        return true;
    return scan_error(&p->sc, at, "%s is to be %s, not %g", what,
                      should_be(b, *result, words, sizeof words), *result);
}

static bool whole_number(struct parser *p, const char *what, enum bound bound, int *result)
{
    return integer(&p->sc, &p->scope, what, (int)bounds[bound].least, (int)bounds[bound].most,
                   result);
}

/* "sgd, momentum or adam" */
static const char *alternatives(const char *const *known, int n, char *out, size_t size)
{
    size_t at = 0;
    out[0] = '\0';
    for (int k = 0; k < n && at < size; k++) {
        const char *between = k == 0 ? "" : k == n - 1 ? " or " : ", ";
        at += (size_t)snprintf(out + at, size - at, "%s%s", between, known[k]);
    }
    return out;
}

/* Ours for another framework's word; NULL: none, or none that may stand here. */
static const char *dialect_choice(const char *what, const char *word, const char *const *known,
                                  int nknown)
{
    static const struct { const char *what; enum dialect_place place; } places[] = {
        { "optimizer", DIALECT_OPTIMIZER }, { "option", DIALECT_RATE },
        { "schedule", DIALECT_SCHEDULE }, { "initialiser", DIALECT_INIT },
        { "preprocessing", DIALECT_PREPROCESS }, { "loss", DIALECT_LOSS },
    };
    const char *ours = NULL;
    for (size_t k = 0; k < sizeof places / sizeof *places; k++)
        if (!strcmp(places[k].what, what))
            ours = dialect(places[k].place, word);
    if (!ours || strncmp(ours, "it is ", 6))
        return ours;
    size_t length = strcspn(ours + 6, "= ,");       /* that word, if it is one of these */
    for (int k = 0; k < nknown; k++)
        if (strlen(known[k]) == length && !memcmp(known[k], ours + 6, length))
            return ours;
    return ours[6 + length] == ',' ? ours : NULL;
}

bool choice(struct parser *p, const char *what, const char *const *known, int nknown,
            int *which)
{
    char word[WORD_MAX_LEN], list[256];
    scan_blanks(&p->sc);
    struct place at = scan_place(&p->sc);
    alternatives(known, nknown, list, sizeof list);
    if (!scan_word(&p->sc, word))
        return scan_error(&p->sc, at, "%s expected: %s, not %s", what, list, scan_what(&p->sc));
    for (*which = 0; *which < nknown; (*which)++)
        if (!strcmp(word, known[*which]))
            return true;
    const char *ours = dialect_choice(what, word, known, nknown);
    if (ours)
        return scan_error(&p->sc, at, "unknown %s \"%s\": %s (%s)", what, word, ours, list);
    const char *near = nearest(word, known, nknown);
    if (near)
        return scan_error(&p->sc, at, "unknown %s \"%s\"; did you mean \"%s\"?", what, word, near);
    return scan_error(&p->sc, at, "unknown %s \"%s\": %s", what, word, list);
}

static bool yes_no(struct parser *p, const char *what, bool *result)
{
    static const char *const words[] = { "no", "yes" };
    int which;
    if (!choice(p, what, words, 2, &which))
        return false;
    *result = which;
    return true;
}

bool row_value(struct parser *p, const struct value_row *row, const char *word, void *result)
{
    const char *what = row->what ? row->what : word;
    char *at = (char *)result + row->at;
    int which, n = 0;
    switch (row->type) {
    case VALUE_REAL:  return number(p, what, row->bound, (double *)(void *)at);
    case VALUE_COUNT: return whole_number(p, what, row->bound, (int *)(void *)at);
    case VALUE_YES:   return yes_no(p, what, (bool *)at);
    case VALUE_WORD:
        while (row->words[row->first + n])
            n++;
        if (!choice(p, what, row->words + row->first, n, &which))
            return false;
        *(int *)(void *)at = row->first + which;
        return true;
    case VALUE_TEXT: case VALUE_OWN: break;
    }
    DIE("%s has a reader of its own", word);
}

bool good_name(struct parser *p, struct place at, const char *what, const char *name)
{
    char better[WORD_MAX_LEN];
    size_t n = 0;
    for (const char *s = name; *s; s++)
        if (*s != '_' || (n && s[1] && s[1] != '_'))
            better[n++] = *s;
    better[n] = '\0';
    if (!strcmp(name, better))
        return true;
    return scan_error(&p->sc, at, "%s has no \"_\" at its ends and no \"__\" in it: write "
                      "\"%s\", not \"%s\"", what, n ? better : "x", name);
}

bool optional_word(struct parser *p, const char *what, const char *word, bool *found)
{
    int which;
    *found = !scan_at_end(&p->sc);
    return !*found || choice(p, what, &word, 1, &which);
}
