/*
** norm/sums.c - batch normalisation, backward: for each channel of one image the sum of
** the gradients and of their products with the centred input.
*/
#include "vector/template.h"
#include "norm/image_sums.c"

#define NAME norm_sums        /* @name */
#define IMAGE norm_image_sums /* @name */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 17408, Y = 0, Y_IMAGE = 17408, DY = 0, DY_IMAGE = 17408,
           ARGMAX = 0, ARGMAX_IMAGE = 4352, MOMENTS = 0, COUNT = 32, COEFFICIENTS = 0 };
    (void)items;
    (void)thread;
    IMAGE(s->arena + X + (size_t)item*X_IMAGE, s->arena + Y + (size_t)item*Y_IMAGE,
          s->arena + DY + (size_t)item*DY_IMAGE,
          (const unsigned char *)(s->arena + ARGMAX) + (size_t)item*ARGMAX_IMAGE,
          s->arena + COEFFICIENTS, s->arena + MOMENTS + (size_t)item*2*COUNT);
}

#include "vector/undef.h"
