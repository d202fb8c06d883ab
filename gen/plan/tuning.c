/*
** tuning.c - reads a tuning file. It must never take a line
** that does not fit: a wrong file is an error, not a slower program.
*/
#include "plan/tuning.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/base/visible.h"
#include "read/layers.h"
#include "read/scan.h"

/* What stands up to the next blank or comment; false: nothing does, or too much. */
static bool value(struct scan *sc, char *text, size_t size)
{
    size_t n = 0;
    scan_blanks(sc);
    for (; *sc->s && !strchr(" \t\r\n#", *sc->s); sc->s++)
        if (n < size - 1)
            text[n++] = *sc->s;
    text[n] = '\0';
    return n > 0 && n < size - 1;
}

static bool at_end(struct scan *sc)
{
    return scan_at_end(sc)
           || scan_error(sc, scan_place(sc), "%s where the line should end", scan_what(sc));
}

/* `net NAME ISA TYPE`; ours: the lines below are for net. */
static bool section(struct scan *sc, const struct net *net, bool *ours)
{
    char name[WORD_MAX_LEN], isa[WORD_MAX_LEN], type[WORD_MAX_LEN];
    if (!scan_word(sc, name) || !scan_word(sc, isa) || !scan_word(sc, type))
        return scan_error(sc, scan_place(sc), "%s where `net NAME ISA TYPE` should go on, as in "
                          "`net %s %s %s`", scan_what(sc), net->name, net->isa->name,
                          net->f64 ? "f64" : "f32");
    if (!isa_find(isa) || (strcmp(type, "f32") && strcmp(type, "f64")))
        return scan_error(sc, scan_place(sc), "no instruction set and type: %s %s", isa, type);
    *ours = !strcmp(name, net->name) && !strcmp(isa, net->isa->name)
            && !strcmp(type, net->f64 ? "f64" : "f32");
    return at_end(sc);
}

static bool choice_line(struct scan *sc, struct tuning *t, bool ours)
{
    char of[WORD_MAX_LEN], what[WORD_MAX_LEN];
    struct tuning_line new = { .at = scan_place(sc) };
    if (!value(sc, of, sizeof of) || !scan_word(sc, what)
        || !value(sc, new.value, sizeof new.value))
        return scan_error(sc, scan_place(sc), "%s where a line as `conv1_fwd tile 1x8x2` should "
                          "go on", scan_what(sc));
    if (!at_end(sc))
        return false;
    snprintf(new.name, sizeof new.name, "%s %s", of, what);
    int before = names_find(&t->names, new.name);
    if (ours && before >= 0)
        return scan_error(sc, new.at, "\"%s\" was chosen in line %d", new.name,
                          t->line[before].at.line);
    if (ours) {
        tuning_set(t, new.name, new.value);
        t->line[t->nlines - 1].at = new.at;
    }
    return true;
}

bool tuning_read(struct tuning *t, const char *path, const struct net *net)
{
    struct scan sc;
    bool begun = false, ours = false;
    char word[WORD_MAX_LEN];
    *t = (struct tuning){ .path = path };
    if (!scan_open(&sc, path, NULL))
        return false;
    for (; *sc.s && !sc.over; scan_next_line(&sc)) {
        if (scan_at_end(&sc))
            continue;
        const char *start = sc.s;
        if (scan_word(&sc, word) && !strcmp(word, "net")) {
            begun = section(&sc, net, &ours);
            t->found |= begun && ours;
            continue;
        }
        sc.s = start;
        if (begun)
            choice_line(&sc, t, ours);
        else
            scan_error(&sc, scan_place(&sc), "%s where `net NAME ISA TYPE` should begin the file "
                       "that lathe tune writes", scan_what(&sc));
        if (!begun)
            break;
    }
    scan_close(&sc);
    return !sc.errors;
}

static void complain(const struct tuning_line *l, const struct net *net)
{
    const char **known = alloc((size_t)net->nchoices, sizeof *known);
    for (int k = 0; k < net->nchoices; k++)
        known[k] = net->choice[k].name;
    const char *near = nearest(l->name, known, net->nchoices);
    visible_print(stderr, "%s:%d:%d: error: ", l->at.file, l->at.line, l->at.col);
    if (l->used)
        visible_print(stderr, "\"%s\": %s is none of its candidates, %s is; was the network "
                      "changed? lathe tune writes the file anew\n", l->name, l->value, l->instead);
    else if (near)
        visible_print(stderr, "%s decides no \"%s\"; did you mean \"%s\"?\n", net->name, l->name,
                      near);
    else
        visible_print(stderr, "%s decides no \"%s\"; was the network changed? lathe tune writes "
                      "the file anew\n", net->name, l->name);
    free(known);
}

bool tuning_fits(const struct tuning *t, const struct net *net)
{
    int errors = 0;
    if (!t || !t->path)
        return true;
    for (int i = 0; i < t->nlines && errors < MAX_ERRORS; i++)
        if ((!t->line[i].used || *t->line[i].instead) && ++errors < MAX_ERRORS)
            complain(&t->line[i], net);
    if (errors == MAX_ERRORS)
        visible_print(stderr, "%s: more than %d errors, the rest is not shown\n", t->path,
                      MAX_ERRORS - 1);
    return !errors;
}
