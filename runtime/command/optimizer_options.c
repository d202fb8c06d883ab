/*
** optimizer_options.c - an optimizer from the command line.
*/
#include "command/optimizer_options.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "settings/optimizer.h"

/* The options in the order of their rows; the names are optimizer.h's. */
static double *optimizer_options_value(struct optimizer_options *o, int k, const char **name)
{
    double *const value[] = { &o->lr, &o->momentum, &o->beta1, &o->beta2, &o->decay_rate,
                              &o->eps, &o->weight_decay };
    static const char *const names[] = { "lr", "momentum", "beta1", "beta2", "decay_rate", "eps",
                                         "weight_decay" };
    *name = names[k];
    return value[k];
}

void optimizer_options_rows(struct optimizer_options *o, const struct train *t,
                            struct option_row *rows)
{
    static const struct { const char *name, *meaning; enum rate rate; } rates[] = {
        { "--lr", "learning rate", RATE_LR },
        { "--momentum", "of momentum and nesterov", RATE_BETA1 },
        { "--beta1", "of adam and adamw", RATE_BETA1 },
        { "--beta2", "of adam and adamw", RATE_BETA2 },
        { "--decay-rate", "of rmsprop", RATE_BETA2 },
        { "--eps", "of adagrad, rmsprop, adam and adamw", RATE_EPS },
        { "--weight-decay", "of adamw", RATE_WEIGHT_DECAY },
    };
    *o = (struct optimizer_options){ .which = 0 };
    while (optimizer_find(optimizer_words[o->which]) != t->optimizer)
        o->which++;
    rows[0] = (struct option_row){
        "--optimizer", OPTION_CHOICE, "NAME", &o->which, 0, 0, optimizer_words,
        "sgd, momentum, nesterov, adagrad, rmsprop, adam or adamw; another than the network "
        "file's starts from its own rates, which `lathe doc` lists" };
    for (int k = 0; k < OPTIMIZER_ROWS - 1; k++) {
        const char *name;
        double *value = optimizer_options_value(o, k, &name);
        const struct optimizer_rate *rate = optimizer_rate(t->optimizer, name);
        size_t size = sizeof o->meaning[k];
        *value = NAN;
        int n = snprintf(o->meaning[k], size, "%s", rates[k].meaning);
        if (rate)
            snprintf(o->meaning[k] + n, size - (size_t)n, " (default %g)", t->rate[rate->rate]);
        rows[k + 1] = (struct option_row){
            rates[k].name, OPTION_REAL, "X", value,
            OPTION_BOUNDS(optimizer_bound(rates[k].rate)), NULL, o->meaning[k] };
    }
}

bool optimizer_options_settle(struct optimizer_options *o, struct train *t,
                              char *err)
{
    enum update_kind kind = optimizer_find(optimizer_words[o->which]);
    if (kind != t->optimizer) {
        t->optimizer = kind;
        optimizer_standard(kind, t->rate);
    }
    for (int k = 0; k < OPTIMIZER_ROWS - 1; k++) {
        const char *name;
        double value = *optimizer_options_value(o, k, &name);
        const struct optimizer_rate *rate = optimizer_rate(kind, name);
        if (isnan(value))
            continue;
        if (!rate)
            return error_set(err, "the optimizer %s has no %s; see `lathe doc`",
                             optimizer_words[o->which], name);
        t->rate[rate->rate] = value;
    }
    return true;
}

void optimizer_options_resolve(struct optimizer_options *o, const struct train *t)
{
    for (int k = 0; k < OPTIMIZER_ROWS - 1; k++) {
        const char *name;
        double *value = optimizer_options_value(o, k, &name);
        const struct optimizer_rate *rate = optimizer_rate(t->optimizer, name);
        *value = rate ? t->rate[rate->rate] : NAN;
    }
}
