/*
** table.h - what came out of a list of runs so far: a row for each configuration, over its seeds.
** The same results make the same bytes, in whatever order, on whatever machines they were made: it
** must never hold a time, a host or a path.
*/
#ifndef LATHE_TABLE_H
#define LATHE_TABLE_H

#include <stdio.h>

#include "sweep/grid.h"
#include "sweep/list.h"
#include "sweep/statistics.h"

/* What is known of one run. */
struct outcome {
    int line;
    const char *seed;               /* "" where no tag says it */
    bool done, diverged;
    double best, loss;              /* nan: there is none */
};

struct config {
    const char *value[MAX_AXES];    /* of the table's settings; "" where a run has no such tag */
    int *run, runs;                 /* its outcomes, by line */
    int done, diverged;
    int best;                       /* of them; -1: none has a check */
    struct spread check;            /* of the best check of each run that has one */
};

struct table {
    const char *setting[MAX_AXES]; int settings;    /* those that vary, */
    const char *fixed[MAX_AXES], *fixed_value[MAX_AXES]; int nfixed;   /* and those that do not */
    struct config *config; int configs;     /* the best first; those without a check last */
    struct outcome *outcome; int runs, done, diverged;
    const char *network;            /* "" before the first result */
    bool less;                      /* checks are losses */
};

/* False: err says which result is damaged. The list stays open as long as the table. */
bool table_read(struct table *t, const struct list *l, char *err);

void table_print(const struct table *t, FILE *out);
void table_csv(const struct table *t, FILE *out);

/* page.c: a page for a browser. */
void table_page(const struct table *t, FILE *out);

const char *table_check(const struct table *t);     /* "val_acc" */

#endif
