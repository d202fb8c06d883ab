/*
** norm/statistics.c - the moments of one image's channels, where no convolution gathered
** them while it computed the image (conv/fwd.c).
*/
#include "vector/template.h"
#include "norm/gather.c"

#define NAME norm_statistics /* @name */
#define GATHER norm_gather   /* @name */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 17408, MOMENTS = 0, COUNT = 32 };
    (void)items;
    (void)thread;
    if (s->mode != MODE_EVAL)
        GATHER(s->arena + X + (size_t)item*X_IMAGE, s->arena + MOMENTS + (size_t)item*2*COUNT);
}

#include "vector/undef.h"
