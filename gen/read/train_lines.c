/*
** train_lines.c - the lines after `train`. It must never set what its line does not say, but for
** what follows from it.
*/
#include "read/train_lines.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/settings/class_weights.h"
#include "runtime/settings/optimizer.h"

/* The names of an optimizer's hyper-parameters. */
static int rate_names(enum update_kind kind, const char *names[RATES])
{
    for (int k = 0; k < optimizers[kind].count; k++)
        names[k] = optimizers[kind].rate[k].name;
    return optimizers[kind].count;
}

static bool optimizer_option(struct parser *p, int *seen)
{
    const char *names[RATES];
    struct train *t = &p->net->train;
    int option;
    struct place at = scan_place(&p->sc);
    if (!choice(p, "option", names, rate_names(t->optimizer, names), &option))
        return false;
    if (*seen & 1 << option)
        return scan_error(&p->sc, at, "\"%s\" is given twice", names[option]);
    *seen |= 1 << option;
    enum rate rate = optimizers[t->optimizer].rate[option].rate;
    return expect_char(p, '=', "after the option")
           && number(p, names[option], optimizer_bound(rate), &t->rate[rate]);
}

static bool optimizer_setting(struct parser *p, struct place at)
{
    struct train *t = &p->net->train;
    const char *const *words = optimizer_words();
    int which, seen = 0, n = 0;
    (void)at;
    while (words[n])
        n++;
    if (!choice(p, "optimizer", words, n, &which))
        return false;
    t->optimizer = optimizer_find(words[which]);
    optimizer_standard(t->optimizer, t->rate);
    while (!scan_at_end(&p->sc))
        if (!optimizer_option(p, &seen))
            return false;
    return true;
}

/* WHICH, and a new group for it. */
static struct group_setting *new_group(struct parser *p, struct place at)
{
    struct net *net = p->net;
    struct group_setting g = { .at = at };
    char word[WORD_MAX_LEN], part[WORD_MAX_LEN] = "";
    if (!scan_word(&p->sc, word)) {
        scan_error(&p->sc, scan_place(&p->sc), "conv, affine, bias, gain or a layer's name "
                   "expected, not %s", scan_what(&p->sc));
        return NULL;
    }
    if (*p->sc.s == '.') {
        p->sc.s++;
        if (!scan_word(&p->sc, part) || (strcmp(part, "weight") && strcmp(part, "bias"))) {
            scan_error(&p->sc, at, "%s.weight or %s.bias expected", word, word);
            return NULL;
        }
    }
    snprintf(g.selector, sizeof g.selector, "%s%s%s", word, *part ? "." : "", part);
    net->group = grow(net->group, (size_t)net->ngroups + 1, sizeof *net->group);
    net->group[net->ngroups] = g;
    return &net->group[net->ngroups++];
}

static bool freeze_setting(struct parser *p, struct place at)
{
    bool after;
    struct group_setting *g = new_group(p, at);
    if (!g)
        return false;
    g->own.set = OWN_FREEZE;
    return optional_word(p, "setting", "after", &after)
           && (!after || number(p, "the epochs", BOUND_FREEZE, &g->own.freeze));
}

/* `optimizer=` comes first: it decides which options there are. */
static bool group_optimizer(struct parser *p, struct own_settings *own)
{
    const char *names[UPDATE_KINDS];
    int which, n = 0;
    for (int k = UPDATE_STORE + 1; k < UPDATE_KINDS; k++)
        names[n++] = optimizers[k].word;
    if (!choice(p, "optimizer", names, n, &which))
        return false;
    own->optimizer = optimizer_find(names[which]);
    own->set |= OWN_OPTIMIZER;
    return true;
}

static bool group_option(struct parser *p, struct own_settings *own)
{
    const char *names[RATES + 4] = { "optimizer", "reg", "lr_decay", "schedule" };
    enum update_kind kind = own->set & OWN_OPTIMIZER ? own->optimizer : p->net->train.optimizer;
    int option, n = 4 + rate_names(kind, names + 4);
    struct place at = scan_place(&p->sc);
    if (!choice(p, "option", names, n, &option) || !expect_char(p, '=', "after the option"))
        return false;
    unsigned bits[] = { OWN_OPTIMIZER, OWN_REG, OWN_DECAY, OWN_SCHEDULE };
    enum rate rate = option < 4 ? RATE_LR : optimizers[kind].rate[option - 4].rate;
    unsigned bit = option < 4 ? bits[option] : (unsigned)OWN_RATE << rate;
    if (own->set & bit)
        return scan_error(&p->sc, at, "\"%s\" is given twice", names[option]);
    if (option == 0 && own->set)
        return scan_error(&p->sc, at, "\"optimizer\" is a group's first option: the others "
                          "depend on it");
    own->set |= bit;
    int schedule;
    switch (option) {
    case 0: return group_optimizer(p, own);
    case 1: return number(p, "reg", BOUND_REG, &own->reg);
    case 2: return number(p, "lr_decay", BOUND_LR_DECAY, &own->lr_decay);
    case 3:
        if (!choice(p, "schedule", schedule_words, SCHEDULE_STEP, &schedule))
            return false;
        own->schedule = (enum schedule_kind)schedule;
        return true;
    default: return number(p, names[option], optimizer_bound(rate), &own->rate[rate]);
    }
}

static bool group_setting(struct parser *p, struct place at)
{
    struct group_setting *g = new_group(p, at);
    if (!g)
        return false;
    if (scan_at_end(&p->sc))
        return scan_error(&p->sc, at, "a group without settings");
    while (!scan_at_end(&p->sc))
        if (!group_option(p, &g->own))
            return false;
    if (g->own.set & OWN_OPTIMIZER && g->own.optimizer == UPDATE_MUON)
        for (size_t k = 0; k < 3; k++)
            if (!strcmp(g->selector, ((const char *[]){ "affine", "bias", "gain" })[k]))
                return scan_error(&p->sc, at, "muon updates convolution filters: group conv "
                                  "optimizer=muon");
    return true;
}

/* `balanced`, or a number for each class: kept as the options have it. */
static bool class_weights_setting(struct parser *p, struct place at)
{
    char all[SETTING_TEXT], word[WORD_MAX_LEN];
    size_t n = 0;
    scan_blanks(&p->sc);
    const struct scan before = p->sc;
    double weight;
    p->net->weights_at = at;
    if (scan_word(&p->sc, word) && !strcmp(word, class_weights_balanced)) {
        p->net->train.class_weights = class_weights_balanced;
        return true;
    }
    p->sc = before;
    do {
        if (!value(&p->sc, &p->scope, "a class's weight (or `balanced`)", &weight))
            return false;
        if (n + 32 > sizeof all)
            return scan_error(&p->sc, at, "more weights than %zu letters hold", sizeof all);
        n += (size_t)snprintf(all + n, sizeof all - n, n ? "," : "");
        setting_real(weight, all + n, sizeof all - n);
        n += strlen(all + n);
    } while (scan_char(&p->sc, ','));
    char *kept = alloc(n + 1, 1);
    memcpy(kept, all, n + 1);
    p->net->train.class_weights = kept;
    return true;
}

/* The value that begins a line, or goes on. */
static bool setting_value(struct parser *p, const struct setting_row *row)
{
    const struct value_row *v = &row->value;
    if (!row->bare || (v->words[v->first] && !scan_at_end(&p->sc)))
        return row_value(p, v, row->word, &p->net->train);
    setting_set(row, &p->net->train, v->first - 1);
    return true;
}

static bool setting_values(struct parser *p, const struct setting_row *row)
{
    struct train *t = &p->net->train;
    if (!setting_value(p, row))
        return false;
    const int first = (int)setting_get(row, t);
    if (row->then)
        row->then(t);
    for (const struct setting_row *r = row + 1; r < setting_rows + nsetting_rows && r->follows;
         r++) {
        bool there = r->follows == FOLLOWS_MAYBE ? !scan_at_end(&p->sc) : first == r->when;
        if (there && !setting_value(p, r))
            return false;
    }
    return true;
}

static bool own_values(struct parser *p, const struct setting_row *row, struct place at)
{
    static const struct { const char *word; bool (*read)(struct parser *, struct place); } own[] = {
        { "optimizer", optimizer_setting }, { "group", group_setting },
        { "freeze", freeze_setting }, { "class_weights", class_weights_setting } };
    for (size_t k = 0; k < sizeof own / sizeof *own; k++)
        if (!strcmp(own[k].word, row->word))
            return own[k].read(p, at);
    DIE("%s: nobody reads it", row->word);
}

bool train_setting(struct parser *p, const struct setting_row *row, struct place at)
{
    struct place *before = &p->setting_at[row - setting_rows];
    if (!p->in_train)
        return scan_error(&p->sc, at, "\"%s\" is a training setting: it stands after `train`",
                          row->word);
    if (before->line && !row->many)
        return scan_error(&p->sc, at, "\"%s\" is set already, in line %d", row->word,
                          before->line);
    *before = at;
    if (row->value.at == offsetof(struct train, batch))
        p->net->batch_at = at;
    const bool own = row->value.type == VALUE_OWN || row->value.type == VALUE_TEXT;
    bool good = own ? own_values(p, row, at) : setting_values(p, row);
    return good && expect_end(p, "the setting");
}

static const char *const selector_words[] = { "conv", "affine", "bias", "gain" };
enum { SELECTOR_WORDS = sizeof selector_words / sizeof *selector_words };

static bool has_parameters(const struct layer *l)
{
    return layer_def(l->kind)->trains;
}

static void unknown_group(struct parser *p, const struct group_setting *g, const char *name)
{
    const struct net *net = p->net;
    const char **known = alloc((size_t)(net->nlayers + SELECTOR_WORDS), sizeof *known);
    int n = 0;
    for (int i = 0; i < net->nlayers; i++)
        if (has_parameters(&net->layer[i]))
            known[n++] = net->layer[i].name;
    for (int k = 0; k < SELECTOR_WORDS && !strchr(g->selector, '.'); k++)
        known[n++] = selector_words[k];
    const char *near = nearest(name, known, n);
    if (near)
        scan_error(&p->sc, g->at, "no layer with parameters is called \"%s\"; did you mean "
                   "\"%s\"?", name, near);
    else
        scan_error(&p->sc, g->at, "no layer with parameters is called \"%s\"", name);
    free(known);
}

/* A selector names what there is. */
void check_group(struct parser *p, const struct group_setting *g)
{
    char name[sizeof g->selector];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(g->selector, "."), g->selector);
    for (int k = 0; k < SELECTOR_WORDS && !strchr(g->selector, '.'); k++)
        if (!strcmp(name, selector_words[k]))
            return;
    int i = names_find(&p->layers, name);
    if (i < 0 || !has_parameters(&p->net->layer[i]))
        unknown_group(p, g, name);
}
