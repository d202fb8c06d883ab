/*
** choice.h - what block.c decides: all candidates, with what the cost model expects of each.
** The cheapest is taken, unless a tuning file (tuning.h) names another. Nothing may be offered
** here that changes a bit of any result: that comes from the network file alone.
*/
#ifndef LATHE_CHOICE_H
#define LATHE_CHOICE_H

#include "base/names.h"
#include "base/net.h"

enum { CHOICE_NUMBERS = 3, CHOICE_NAME = 2*NAME_MAX_LEN + 64, CHOICE_TEXT = 40 };

/* Costs compare within one choice only: cycles, or 0, 1, ... where the order is all we know. */
struct candidate { int number[CHOICE_NUMBERS]; double cost; };

struct choice {
    char name[CHOICE_NAME];     /* as a tuning file has it: "conv1_fwd tile" */
    struct region_plan region;  /* where its time is spent */
    int numbers;                /* of a candidate */
    struct candidate *candidate; int ncandidates;   /* settled: the cheapest first */
    int taken;
};

/* Candidates wanted, by the names of their choices: of a tuning file (tuning.h), or on trial. */
struct tuning_line {
    char name[CHOICE_NAME], value[CHOICE_TEXT];
    struct place at;
    bool used;
    char instead[CHOICE_TEXT];      /* not "": the value is no candidate, this one is */
};

struct tuning {
    const char *path;               /* NULL: not from a file */
    struct tuning_line *line; int nlines;
    struct names names;             /* of the lines */
    bool found;                     /* the file has the network's instruction set and type */
};

void tuning_set(struct tuning *t, const char *name, const char *value);
void tuning_free(struct tuning *t);

/* A choice of net, with the name `of what`. Valid until the next one is opened. */
struct choice *choice_open(struct net *net, struct region_plan region, const char *of,
                           const char *what, int numbers);
/* Another candidate; numbers that were offered before are passed over. */
void choice_offer(struct choice *c, double cost, int first, int second, int third);
/* A size and others around it, the nearest first. */
void choice_offer_sizes(struct choice *c, int size, int least, int most);
/* The numbers to take, of at least one candidate: those that net->tuning names, else the first
** of the cheapest. */
const int *choice_settle(struct net *net, struct choice *c);
struct tile choice_settle_tile(struct net *net, struct choice *c);

/* "1x8x2" */
void choice_text(const struct choice *c, int candidate, char text[CHOICE_TEXT]);

#endif
