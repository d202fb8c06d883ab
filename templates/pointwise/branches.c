/*
** pointwise/branches.c - what is done for each branch of a block, one after the other, for one
** image.
*/
#include "vector/template.h"

#define NAME branches        /* @name */

static void NAME(const struct step *s, int item, int items, int thread)
{
    (void)items;
    (void)thread;
    real *const arena = s->arena;
    (void)arena;
    const size_t image = (size_t)item;
    (void)image;
    /* @here branches */
}

#include "vector/undef.h"
