/*
** pointwise/fwd.c - pointwise operations that no stage before them could take.
*/
#include "vector/template.h"
#include "pointwise/rows.c"

#define NAME pointwise_fwd   /* @name */
#define RUN_ROWS pointwise_rows      /* @name */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 3072, Y = 0, Y_IMAGE = 3072, OH = 32 };
    (void)items;
    (void)thread;
    RUN_ROWS(s->arena + X + (size_t)item*X_IMAGE, s->arena + Y + (size_t)item*Y_IMAGE, OH);
}

#include "vector/undef.h"
