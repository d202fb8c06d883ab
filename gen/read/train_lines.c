/*
** train_lines.c - the lines after `train`. It must never set what its line does not say, but for
** what follows from it.
*/
#include "read/train_lines.h"

#include <stdlib.h>
#include <string.h>

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
    struct train_settings *t = &p->net->train;
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

static bool optimizer_setting(struct parser *p)
{
    struct train_settings *t = &p->net->train;
    int which, seen = 0, n = 0;
    while (optimizer_words[n])
        n++;
    if (!choice(p, "optimizer", optimizer_words, n, &which))
        return false;
    t->optimizer = optimizer_find(optimizer_words[which]);
    optimizer_standard(t->optimizer, t->rate);
    while (!scan_at_end(&p->sc))
        if (!optimizer_option(p, &seen))
            return false;
    return true;
}

static bool init_setting(struct parser *p)
{
    static const char *const names[] = { "gaussian", "kaiming" };
    int which;
    if (!choice(p, "initialiser", names, 2, &which))
        return false;
    p->net->train.init_std = -1;
    return which || number(p, "the standard deviation", BOUND_INIT, &p->net->train.init_std);
}

static bool schedule_setting(struct parser *p)
{
    struct train_settings *t = &p->net->train;
    int which;
    if (!choice(p, "schedule", schedule_words, SCHEDULE_KINDS, &which))
        return false;
    t->schedule = (enum schedule_kind)which;
    return t->schedule != SCHEDULE_STEP
           || (number(p, "the epochs from step to step", BOUND_STEP_EPOCHS, &t->step_epochs)
               && number(p, "the factor of a step", BOUND_STEP_FACTOR, &t->step_factor));
}

static bool flip_setting(struct parser *p)
{
    bool alternating;
    if (!optional_word(p, "flip", "alternating", &alternating))
        return false;
    p->net->train.augment.flip = alternating ? FLIP_ALTERNATING : FLIP_RANDOM;
    return true;
}

static bool translate_setting(struct parser *p)
{
    struct augment *a = &p->net->train.augment;
    bool reflect;
    if (!whole_number(p, "translate", BOUND_TRANSLATE, &a->translate)
        || !optional_word(p, "edge", "reflect", &reflect))
        return false;
    a->reflect = reflect;
    return true;
}

/* WHICH, and a new group for it. */
static struct group_setting *new_group(struct parser *p, struct place at)
{
    struct train_settings *t = &p->net->train;
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
    t->group = grow(t->group, (size_t)t->ngroups + 1, sizeof *t->group);
    t->group[t->ngroups] = g;
    return &t->group[t->ngroups++];
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

static bool average_setting(struct parser *p)
{
    static const char *const names[] = { "ema", "lookahead" };
    struct train_settings *t = &p->net->train;
    int which;
    if (!choice(p, "average", names, 2, &which))
        return false;
    t->average = which ? AVERAGE_LOOKAHEAD : AVERAGE_EMA;
    t->average_rate = which ? 0.5 : 0.99;
    t->average_every = which ? 5 : 1;
    return scan_at_end(&p->sc)
           || (number(p, "the average's rate", BOUND_AVERAGE_RATE, &t->average_rate)
               && (scan_at_end(&p->sc)
                   || whole_number(p, "the steps between", BOUND_AVERAGE_EVERY,
                                   &t->average_every)));
}

bool train_setting(struct parser *p, const struct setting_def *def, struct place at)
{
    static const char *const samples[] = { "shuffle", "replacement" };
    static const char *const losses[] = { "mean", "sum" };
    struct train_settings *t = &p->net->train;
    int which;
    if (!p->in_train)
        return scan_error(&p->sc, at, "\"%s\" is a training setting: it stands behind `train`",
                          def->word);
    bool many = def->kind == SETTING_GROUP || def->kind == SETTING_FREEZE;
    if (p->setting_at[def->kind].line && !many)
        return scan_error(&p->sc, at, "\"%s\" is set already, in line %d", def->word,
                          p->setting_at[def->kind].line);
    p->setting_at[def->kind] = at;
    bool good = false;
    switch (def->kind) {
    case SETTING_INIT:      good = init_setting(p); break;
    case SETTING_OPTIMIZER: good = optimizer_setting(p); break;
    case SETTING_REG:       good = number(p, "reg", BOUND_REG, &t->reg); break;
    case SETTING_LR_DECAY:  good = number(p, "lr_decay", BOUND_LR_DECAY, &t->lr_decay); break;
    case SETTING_EPOCHS:    good = number(p, "epochs", BOUND_EPOCHS, &t->epochs); break;
    case SETTING_BATCH:
        good = integer(&p->sc, &p->scope, "batch", 1, MAX_BATCH, &t->batch);
        t->batch_at = at;
        break;
    case SETTING_SAMPLE:
        good = choice(p, "sampling", samples, 2, &which);
        t->sampling = good && which ? SAMPLE_REPLACEMENT : SAMPLE_SHUFFLE;
        break;
    case SETTING_SCHEDULE:  good = schedule_setting(p); break;
    case SETTING_CLIP:      good = number(p, "clip", BOUND_CLIP, &t->clip); break;
    case SETTING_AVERAGE:   good = average_setting(p); break;
    case SETTING_PATIENCE:
        good = whole_number(p, "patience", BOUND_PATIENCE, &t->patience);
        break;
    case SETTING_GROUP:     good = group_setting(p, at); break;
    case SETTING_FREEZE:    good = freeze_setting(p, at); break;
    case SETTING_FLIP:      good = flip_setting(p); break;
    case SETTING_CROP:
        t->augment.crop = 1;
        good = true;
        break;
    case SETTING_TRANSLATE: good = translate_setting(p); break;
    case SETTING_CUTOUT:
        good = whole_number(p, "cutout", BOUND_CUTOUT, &t->augment.cutout);
        break;
    case SETTING_WARMUP:    good = number(p, "warmup", BOUND_WARMUP, &t->warmup); break;
    case SETTING_PREPROCESS:
        good = choice(p, "preprocessing", preprocess_words, PREPROCESS_KINDS, &which);
        if (good)
            t->preprocess = (enum preprocess_kind)which;
        break;
    case SETTING_LOSS:
        good = choice(p, "loss", losses, 2, &which);
        t->loss_sum = good && which;
        break;
    }
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
