/*
** optimizer.h - the table of optimizers: their names, hyper-parameters and defaults.
** It drives the network file, `lathe doc` and the programs' options; the formulas are
** in optim.c. Names and defaults are the course's (cs231n/optim.py; ECE 239AS
** nndl/optim.py), adamw's PyTorch's.
*/
#ifndef LATHE_OPTIMIZER_H
#define LATHE_OPTIMIZER_H

#include <stdbool.h>

#include "base/bounds.h"
#include "core/model.h"

struct optimizer_rate { const char *name; enum rate rate; double standard; };

/* What one update leaves for the next, beside the parameter (model.h's m and v). */
enum { MOMENT_FIRST = 1, MOMENT_SECOND = 2 };

struct optimizer_def {
    const char *word;                       /* NULL: none (UPDATE_STORE) */
    const char *function;                   /* made of optim.c's FUNCTION_step by update.c */
    const char *formula;
    struct optimizer_rate rate[RATES]; int count;
    unsigned moments;
    bool for_groups;                        /* for a `group` of parameters alone */
};

extern const struct optimizer_def optimizers[UPDATE_KINDS];

/* The words of those that are for all parameters, NULL after the last: what a choice wants. */
const char *const *optimizer_words(void);

/* UPDATE_KINDS: there is none of this name. */
enum update_kind optimizer_find(const char *word);

/* The hyper-parameter that `name` is for this optimizer, or NULL. */
const struct optimizer_rate *optimizer_rate(enum update_kind kind, const char *name);

/* What a rate may be. */
enum bound optimizer_bound(enum rate rate);

/* Every rate's default; 0 for what the optimizer does not have. */
void optimizer_standard(enum update_kind kind, double rate[RATES]);

#endif
