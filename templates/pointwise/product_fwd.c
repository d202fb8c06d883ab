/*
** pointwise/product_fwd.c - a map times what a gate's block makes of it, for one image.
*/
#include "vector/template.h"
#include "pointwise/product_rows.c"

#define NAME product_fwd     /* @name */
#define RUN_ROWS product_rows        /* @name */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 32, Z = 0, Z_IMAGE = 17408, Y = 0, Y_IMAGE = 17408,
           OH = 32 };
    (void)items;
    (void)thread;
    RUN_ROWS(s->arena + X + (size_t)item*X_IMAGE, s->arena + Z + (size_t)item*Z_IMAGE,
             s->arena + Y + (size_t)item*Y_IMAGE, OH);
}

#include "vector/undef.h"
