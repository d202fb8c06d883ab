/*
** shape/reshape_fwd.c - the values of one image as a map of another shape.
*/
#include "vector/template.h"
#include "shape/reshape_map.c"

#define NAME reshape_fwd     /* @name */
#define RUN_MAP reshape_map  /* @name */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 3072, Y = 0, Y_IMAGE = 3072 };
    (void)items;
    (void)thread;
    RUN_MAP(s->arena + X + (size_t)item*X_IMAGE, s->arena + Y + (size_t)item*Y_IMAGE);
}

#include "vector/undef.h"
