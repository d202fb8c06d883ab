/*
** pointwise/add_fwd.c - the sum of both branches of a residual block for one image.
*/
#include "vector/template.h"
#include "pointwise/add_rows.c"

#define NAME add_fwd         /* @name */
#define RUN_ROWS add_rows    /* @name */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 3072, Z = 0, Z_IMAGE = 3072, Y = 0, Y_IMAGE = 3072,
           OH = 32 };
    (void)items;
    (void)thread;
    RUN_ROWS(s->arena + X + (size_t)item*X_IMAGE, s->arena + Z + (size_t)item*Z_IMAGE,
             s->arena + Y + (size_t)item*Y_IMAGE, OH);
}

#include "vector/undef.h"
