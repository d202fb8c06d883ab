/*
** optimizer_options.c - an optimizer from the command line.
*/
#include "command/optimizer_options.h"

#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "settings/optimizer.h"

/* A rate under the name that optimizer.h has for it; what it is where every optimizer has it. */
static const struct { const char *option, *name, *meaning; enum rate rate; } option_rates[] = {
    { "--lr", "lr", "learning rate", RATE_LR },
    { "--momentum", "momentum", NULL, RATE_BETA1 },
    { "--beta1", "beta1", NULL, RATE_BETA1 },
    { "--beta2", "beta2", NULL, RATE_BETA2 },
    { "--decay-rate", "decay_rate", NULL, RATE_BETA2 },
    { "--eps", "eps", NULL, RATE_EPS },
    { "--weight-decay", "weight_decay", NULL, RATE_WEIGHT_DECAY },
};
_Static_assert(sizeof option_rates/sizeof *option_rates == OPTIMIZER_ROWS - 1, "a row for each");

/* "a, b LAST c": the optimizers that have such a rate; name: NULL for all. */
static void optimizer_options_list(const char *name, const char *last, char *out, size_t size)
{
    const char *with[UPDATE_KINDS];
    int count = 0;
    size_t at = 0;
    for (const char *const *word = optimizer_words(); *word; word++)
        if (!name || optimizer_rate(optimizer_find(*word), name))
            with[count++] = *word;
    for (int k = 0; k < count && at < size; k++)
        at += (size_t)snprintf(out + at, size - at, "%s%s",
                               k == 0 ? "" : k < count - 1 ? ", " : last, with[k]);
}

/* "of adam and adamw (default 0.9)": the default where the network file's optimizer has it. */
static void optimizer_options_mean(int k, const struct train *t, char *out, size_t size)
{
    const struct optimizer_rate *rate = optimizer_rate(t->optimizer, option_rates[k].name);
    char list[96], given[32] = "";
    optimizer_options_list(option_rates[k].name, " and ", list, sizeof list);
    if (rate)
        snprintf(given, sizeof given, " (default %g)", t->rate[rate->rate]);
    snprintf(out, size, "%s%s%s", option_rates[k].meaning ? "" : "of ",
             option_rates[k].meaning ? option_rates[k].meaning : list, given);
}

void optimizer_options_rows(struct optimizer_options *o, const struct train *t,
                            struct option_row *rows)
{
    char list[96];
    *o = (struct optimizer_options){ .which = 0 };
    while (optimizer_find(optimizer_words()[o->which]) != t->optimizer)
        o->which++;
    optimizer_options_list(NULL, " or ", list, sizeof list);
    snprintf(o->choice, sizeof o->choice, "%s; another than the network file's starts from its own "
             "rates, which `lathe doc` lists", list);
    rows[0] = (struct option_row){ "--optimizer", OPTION_CHOICE, "NAME", &o->which, 0, 0,
                                   optimizer_words(), o->choice };
    for (int k = 0; k < OPTIMIZER_ROWS - 1; k++) {
        o->value[k] = NAN;
        optimizer_options_mean(k, t, o->meaning[k], sizeof o->meaning[k]);
        rows[k + 1] = (struct option_row){
            option_rates[k].option, OPTION_REAL, "X", &o->value[k],
            OPTION_BOUNDS(optimizer_bound(option_rates[k].rate)), NULL, o->meaning[k] };
    }
}

bool optimizer_options_settle(struct optimizer_options *o, struct train *t, char *err)
{
    const char *word = optimizer_words()[o->which];
    enum update_kind kind = optimizer_find(word);
    if (kind != t->optimizer) {
        t->optimizer = kind;
        optimizer_standard(kind, t->rate);
    }
    for (int k = 0; k < OPTIMIZER_ROWS - 1; k++) {
        const struct optimizer_rate *rate = optimizer_rate(kind, option_rates[k].name);
        if (isnan(o->value[k]))
            continue;
        if (!rate)
            return error_set(err, "the optimizer %s has no %s; see `lathe doc`", word,
                             option_rates[k].name);
        t->rate[rate->rate] = o->value[k];
    }
    return true;
}

void optimizer_options_resolve(struct optimizer_options *o, const struct train *t)
{
    for (int k = 0; k < OPTIMIZER_ROWS - 1; k++) {
        const struct optimizer_rate *rate = optimizer_rate(t->optimizer, option_rates[k].name);
        o->value[k] = rate ? t->rate[rate->rate] : NAN;
    }
}
