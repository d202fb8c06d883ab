/*
** ranks_sum.h - the groups' gradients of a weight, added from rank to rank: ranks_sum.c.
*/
#ifndef LATHE_RANKS_SUM_H
#define LATHE_RANKS_SUM_H

#include "core/ranks_move.h"

#if LATHE_MPI

/* Before it begins, the sum that is under way ends. */
void ranks_sum_begin(const struct engine *e, const struct exchange *x);
/* What can be done without waiting, by a thread at an item. */
void ranks_sum_more(const struct engine *e);
/* All of it; of one that has not begun, too. */
void ranks_sum_finish(const struct engine *e, const struct exchange *x);

bool ranks_sum_open(const struct model *m);
void ranks_sum_close(void);

#endif

#endif
