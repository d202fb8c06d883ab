/*
** norm/fwd.c - batch normalisation, one image an item.
*/
#include "vector/template.h"
#include "norm/rows.c"

#define NAME norm_fwd        /* @name */
#define RUN_ROWS norm_rows   /* @name */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 17408, Y = 0, Y_IMAGE = 17408, ARGMAX = 0,
           ARGMAX_IMAGE = 4352, COEFFICIENTS = 0, OH = 16 };
    (void)items;
    (void)thread;
    RUN_ROWS(s->arena + X + (size_t)item*X_IMAGE, s->arena + COEFFICIENTS,
             s->arena + Y + (size_t)item*Y_IMAGE,
             (unsigned char *)(s->arena + ARGMAX) + (size_t)item*ARGMAX_IMAGE, OH);
}

#include "vector/undef.h"
