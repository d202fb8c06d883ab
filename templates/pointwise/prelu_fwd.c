/*
** pointwise/prelu_fwd.c - PReLU of one image.
*/
#include "vector/template.h"
#include "pointwise/prelu_rows.c"

#define NAME prelu_fwd       /* @name */
#define RUN_ROWS prelu_rows  /* @name */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 3072, Y = 0, Y_IMAGE = 3072, OH = 32, W = 0 };
    (void)items;
    (void)thread;
    RUN_ROWS(s->arena + X + (size_t)item*X_IMAGE, s->arena + W,
             s->arena + Y + (size_t)item*Y_IMAGE, OH);
}

#include "vector/undef.h"
