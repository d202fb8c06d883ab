/*
** choice.c - the list of what can be decided, the candidates wanted instead of the cost model's,
** and the decisions.
*/
#include "plan/choice.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/small.h"

struct choice *choice_open(struct net *net, struct region_plan region, const char *of,
                           const char *what, int numbers)
{
    net->choice = grow(net->choice, (size_t)net->nchoices + 1, sizeof *net->choice);
    struct choice *c = &net->choice[net->nchoices++];
    *c = (struct choice){ .region = region, .numbers = numbers };
    snprintf(c->name, sizeof c->name, "%s %s", of, what);
    return c;
}

void choice_offer(struct choice *c, double cost, int first, int second, int third)
{
    struct candidate new = { { first, second, third }, cost };
    for (int k = 0; k < c->ncandidates; k++)
        if (!memcmp(c->candidate[k].number, new.number, sizeof new.number))
            return;
    c->candidate = grow(c->candidate, (size_t)c->ncandidates + 1, sizeof *c->candidate);
    /* After those that cost as much: which is first does not hang on the sort. */
    int at = c->ncandidates++;
    for (; at > 0 && c->candidate[at - 1].cost > cost; at--)
        c->candidate[at] = c->candidate[at - 1];
    c->candidate[at] = new;
}

void tuning_set(struct tuning *t, const char *name, const char *value)
{
    int i = names_find(&t->names, name);
    if (i < 0) {
        i = t->nlines;
        names_add(&t->names, name, i);
        t->line = grow(t->line, (size_t)++t->nlines, sizeof *t->line);
        t->line[i] = (struct tuning_line){ .used = false };
        snprintf(t->line[i].name, sizeof t->line[i].name, "%s", name);
    }
    snprintf(t->line[i].value, sizeof t->line[i].value, "%s", value);
}

void tuning_free(struct tuning *t)
{
    free(t->line);
    names_free(&t->names);
    *t = (struct tuning){ 0 };
}

/* The candidate that t names for c, else 0: the cheapest. */
static int tuning_takes(struct tuning *t, const struct choice *c)
{
    char text[CHOICE_TEXT];
    int i = t ? names_find(&t->names, c->name) : -1;
    if (i < 0)
        return 0;
    t->line[i].used = true;
    for (int k = 0; k < c->ncandidates; k++) {
        choice_text(c, k, text);
        if (!strcmp(text, t->line[i].value))
            return k;
    }
    choice_text(c, 0, t->line[i].instead);
    return 0;
}

void choice_offer_sizes(struct choice *c, int size, int least, int most)
{
    size = max_int(least, min_int(size, most));
    const int sizes[] = { size, size / 2, size*2, size / 4, size*4 };
    for (int k = 0; k < (int)(sizeof sizes / sizeof *sizes); k++)
        choice_offer(c, k, max_int(least, min_int(sizes[k], most)), 0, 0);
}

const int *choice_settle(struct net *net, struct choice *c)
{
    assert(c->ncandidates > 0);
    c->taken = tuning_takes(net->tuning, c);
    return c->candidate[c->taken].number;
}

struct tile choice_settle_tile(struct net *net, struct choice *c)
{
    const int *n = choice_settle(net, c);
    return (struct tile){ n[0], n[1], n[2] };
}

void choice_text(const struct choice *c, int candidate, char text[CHOICE_TEXT])
{
    const int *n = c->candidate[candidate].number;
    int at = snprintf(text, CHOICE_TEXT, "%d", n[0]);
    for (int k = 1; k < c->numbers; k++)
        at += snprintf(text + at, (size_t)(CHOICE_TEXT - at), "x%d", n[k]);
}
