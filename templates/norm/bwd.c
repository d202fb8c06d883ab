/*
** norm/bwd.c - batch normalisation, gradient to the data of one image an item.
*/
#include "vector/template.h"
#include "norm/image_bwd.c"

#define NAME norm_bwd        /* @name */
#define IMAGE norm_image_bwd /* @name */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 17408, Y = 0, Y_IMAGE = 17408, DY = 0, DY_IMAGE = 17408,
           ARGMAX = 0, ARGMAX_IMAGE = 4352, DX = 0, DX_IMAGE = 17408, COEFFICIENTS = 0 };
    (void)items;
    (void)thread;
    IMAGE(s->arena + X + (size_t)item*X_IMAGE, s->arena + Y + (size_t)item*Y_IMAGE,
          s->arena + DY + (size_t)item*DY_IMAGE,
          (const unsigned char *)(s->arena + ARGMAX) + (size_t)item*ARGMAX_IMAGE,
          s->arena + COEFFICIENTS,
          s->arena + DX + (size_t)item*DX_IMAGE);
}

#include "vector/undef.h"
