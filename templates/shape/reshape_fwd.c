/*
** shape/reshape_fwd.c - the values of one image as a map of another shape, in NCHW order: value k
** of the output is value k of the input.
*/
#include "vector/template.h"

#define NAME reshape_fwd     /* @name */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 3072, X_ROW = 96, IN_H = 32, IN_W = 32, CI = 3, Y = 0,
           Y_IMAGE = 3072, Y_ROW = 192, OH = 16, OW = 16, C = 12 };
    (void)items;
    (void)thread;
    const real *x = s->arena + X + (size_t)item*X_IMAGE;
    real *y = s->arena + Y + (size_t)item*Y_IMAGE;
    for (int c = 0, k = 0; c < C; c++)
        for (int r = 0; r < OH; r++)
            for (int p = 0; p < OW; p++, k++)
                y[r*Y_ROW + p*C + c] = x[k / IN_W % IN_H*X_ROW + k % IN_W*CI + k / (IN_H*IN_W)];
}

#include "vector/undef.h"
