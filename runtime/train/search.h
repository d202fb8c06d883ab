/*
** search.h - a coarse-to-fine search over learning rate and regularisation, and its record,
** from which it goes on. It must never train: whoever runs it does.
*/
#ifndef LATHE_SEARCH_H
#define LATHE_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

enum { SEARCH_LR, SEARCH_REG, SEARCH_AXES };

struct search_run {
    double value[SEARCH_AXES];
    double val_check;           /* the best of the run; where it diverged at once 0, or
                                   infinite where less is better */
    double loss;                /* of the last iteration; NaN: the run diverged */
};

struct search {
    double low[SEARCH_AXES], high[SEARCH_AXES];     /* low = high: the axis is fixed */
    long runs;                  /* in all */
    uint64_t seed;
    bool less;                  /* checks are losses: the least is the best */
    char settings[256];         /* the record's first line: what else the results depend on */
    struct search_run *done;    /* [runs] */
    long ndone;
};

/*
** What run number `ndone` tries: log-uniform in the ranges for the first half of the runs;
** then in ranges a quarter as wide (in the logarithm) around the best run so far, inside the
** whole ones; for the last quarter a sixteenth. It follows from the seed, the number and the
** runs before, so that a search that goes on tries what one without a break would.
*/
void search_next(const struct search *s, double value[SEARCH_AXES]);

/* Of run number k: 0 in the whole ranges, 1 and 2 around the best of the runs before. */
int search_level(const struct search *s, long k);

/* The best run so far, the first of equals; -1: none. */
long search_best(const struct search *s);

/* Room for all runs, and those that the record at `path` holds (NULL, or no file: none).
** False: a record of other settings, or a damaged one; err says which line. */
bool search_open(struct search *s, const char *path, char *err);
void search_close(struct search *s);

/* Adds a run, and writes the record if there is a path: CSV after a comment line. */
bool search_add(struct search *s, const char *path, struct search_run run, char *err);

#endif
