/*
** choice.h - what block.c decides: all candidates, with what the cost model expects of each.
** The cheapest is taken, unless a tuning file (tuning.h) names another. Nothing may be offered
** here that changes a bit of any result: that comes from the network file alone.
*/
#ifndef LATHE_CHOICE_H
#define LATHE_CHOICE_H

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

/* A choice of net, with the name `of what`. Valid until the next one is opened. */
struct choice *choice_open(struct net *net, struct region_plan region, const char *of,
                           const char *what, int numbers);
/* Another candidate; numbers that were offered before are passed over. */
void choice_offer(struct choice *c, double cost, int first, int second, int third);
/* The numbers to take, of at least one candidate; the first of those that cost the same. */
const int *choice_settle(struct net *net, struct choice *c);

/* "1x8x2" */
void choice_text(const struct choice *c, int candidate, char text[CHOICE_TEXT]);

#endif
