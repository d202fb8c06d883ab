/*
** optimizer.c - the table of optimizers. A new one is a row here, its kind in model.h
** and its step in optim.c.
*/
#include "settings/optimizer.h"

#include <stddef.h>
#include <string.h>

const struct optimizer_def optimizers[UPDATE_KINDS] = {
    [UPDATE_STORE] = { NULL, "optim_store", NULL, { { NULL, RATE_LR, 0 } }, 0, .moments = 0 },
    [UPDATE_SGD] = { "sgd", "optim_sgd", "w -= lr*g",
        { { "lr", RATE_LR, 1e-2 } }, 1, .moments = 0 },
    [UPDATE_MOMENTUM] = { "momentum", "optim_momentum", "v = momentum*v - lr*g, w += v",
        { { "lr", RATE_LR, 1e-2 }, { "momentum", RATE_BETA1, 0.9 } }, 2, .moments = MOMENT_FIRST },
    [UPDATE_NESTEROV] = { "nesterov", "optim_nesterov",
        "v = momentum*v - lr*g, w += momentum*v - lr*g",
        { { "lr", RATE_LR, 1e-2 }, { "momentum", RATE_BETA1, 0.9 } }, 2, .moments = MOMENT_FIRST },
    [UPDATE_ADAGRAD] = { "adagrad", "optim_adagrad", "a += g*g, w -= lr*g/(sqrt(a) + eps)",
        { { "lr", RATE_LR, 1e-2 }, { "eps", RATE_EPS, 1e-7 } }, 2, .moments = MOMENT_SECOND },
    [UPDATE_RMSPROP] = { "rmsprop", "optim_rmsprop",
        "a = decay_rate*a + (1-decay_rate)*g*g, w -= lr*g/(sqrt(a) + eps)",
        { { "lr", RATE_LR, 1e-2 }, { "decay_rate", RATE_BETA2, 0.99 },
          { "eps", RATE_EPS, 1e-8 } }, 3, .moments = MOMENT_SECOND },
    [UPDATE_ADAM] = { "adam", "optim_adam",
        "m = beta1*m + (1-beta1)*g, v = beta2*v + (1-beta2)*g*g,\n"
        "w -= lr*(m/(1-beta1^t))/(sqrt(v/(1-beta2^t)) + eps)",
        { { "lr", RATE_LR, 1e-3 }, { "beta1", RATE_BETA1, 0.9 }, { "beta2", RATE_BETA2, 0.999 },
          { "eps", RATE_EPS, 1e-8 } }, 4, .moments = MOMENT_FIRST | MOMENT_SECOND },
    [UPDATE_ADAMW] = { "adamw", "optim_adamw",
        "adam after w *= 1 - lr*weight_decay, biases excepted",
        { { "lr", RATE_LR, 1e-3 }, { "beta1", RATE_BETA1, 0.9 }, { "beta2", RATE_BETA2, 0.999 },
          { "eps", RATE_EPS, 1e-8 }, { "weight_decay", RATE_WEIGHT_DECAY, 1e-2 } }, 5,
        .moments = MOMENT_FIRST | MOMENT_SECOND },
    [UPDATE_MUON] = { "muon", "optim_store",
        "for `group conv`: filters as rows of a matrix; v = momentum*v + g,\n"
        "w *= sqrt(filters)/|w|, w -= lr*orthogonal(g + momentum*v)",
        { { "lr", RATE_LR, 0.24 }, { "momentum", RATE_BETA1, 0.6 } }, 2, .moments = MOMENT_SECOND,
        .for_groups = true },
};

const char *const *optimizer_words(void)
{
    static const char *words[UPDATE_KINDS + 1];
    int n = 0;
    for (int k = 0; k < UPDATE_KINDS; k++)
        if (optimizers[k].word && !optimizers[k].for_groups)
            words[n++] = optimizers[k].word;
    words[n] = NULL;
    return words;
}

enum update_kind optimizer_find(const char *word)
{
    int k = UPDATE_STORE;
    while (k < UPDATE_KINDS && (!optimizers[k].word || strcmp(optimizers[k].word, word) != 0))
        k++;
    return (enum update_kind)k;
}

const struct optimizer_rate *optimizer_rate(enum update_kind kind, const char *name)
{
    for (int k = 0; k < optimizers[kind].count; k++)
        if (strcmp(optimizers[kind].rate[k].name, name) == 0)
            return &optimizers[kind].rate[k];
    return NULL;
}

enum bound optimizer_bound(enum rate rate)
{
    static const enum bound of[RATES] = {
        [RATE_LR] = BOUND_LR, [RATE_BETA1] = BOUND_SHARE, [RATE_BETA2] = BOUND_SHARE,
        [RATE_EPS] = BOUND_EPS, [RATE_WEIGHT_DECAY] = BOUND_WEIGHT_DECAY };
    return of[rate];
}

void optimizer_standard(enum update_kind kind, double rate[RATES])
{
    for (int k = 0; k < RATES; k++)
        rate[k] = 0;
    for (int k = 0; k < optimizers[kind].count; k++)
        rate[optimizers[kind].rate[k].rate] = optimizers[kind].rate[k].standard;
}
