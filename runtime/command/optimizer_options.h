/*
** optimizer_options.h - the options of `train` and `dump` that choose an optimizer and
** set its hyper-parameters: --optimizer NAME, --lr X, --beta1 X, ...
*/
#ifndef LATHE_OPTIMIZER_OPTIONS_H
#define LATHE_OPTIMIZER_OPTIONS_H

#include <stdbool.h>

#include "core/model.h"
#include "settings/options.h"

enum { OPTIMIZER_ROWS = 8 };

/* Values as given; NaN where they were not. */
struct optimizer_options {
    int which;                  /* of optimizer_words() */
    double value[OPTIMIZER_ROWS - 1];
    char choice[192], meaning[OPTIMIZER_ROWS - 1][192];     /* for --help */
};

/* Fills rows[0 .. OPTIMIZER_ROWS-1], whose defaults are the network file's. */
void optimizer_options_rows(struct optimizer_options *o, const struct train *t,
                            struct option_row *rows);

/*
** Sets the run's optimizer and rates. Another optimizer than the network file's
** starts from its own defaults. False: err names an option that it does not have.
*/
bool optimizer_options_settle(struct optimizer_options *o, struct train *t,
                              char *err);

/* What was not given becomes what the run has. */
void optimizer_options_resolve(struct optimizer_options *o, const struct train *t);

#endif
