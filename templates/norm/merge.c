/*
** norm/merge.c - a batch normalisation's statistics, LANES channels an item.
*/
#include "vector/template.h"
#include "norm/channels.c"

#define NAME norm_merge      /* @name */
#define MERGE norm_channels  /* @name */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ MOMENTS = 0, COEFFICIENTS = 0, GAMMA = 0, BETA = 0, RUNNING_MEAN = 0,
           RUNNING_VAR = 0 };
    (void)items;
    (void)thread;
    MERGE(s, item, s->arena + MOMENTS, s->arena + GAMMA, s->arena + BETA,
          s->arena + RUNNING_MEAN, s->arena + RUNNING_VAR, s->arena + COEFFICIENTS);
}

#include "vector/undef.h"
