/*
** pointwise/fwd.c - pointwise operations that no stage before them could take.
*/
#include "vector/template.h"

#define NAME pointwise_fwd   /* @name */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 3072, X_ROW = 96, Y = 0, Y_IMAGE = 3072, Y_ROW = 96,
           OH = 32, ROW = 96 };
    (void)items;
    (void)thread;
    const real *x = s->arena + X + (size_t)item*X_IMAGE;
    real *y = s->arena + Y + (size_t)item*Y_IMAGE;
    for (int r = 0; r < OH; r++) {
        for (int k = 0; k < ROW; k += VL) { /* @tail */
            vec v = v_load(x + r*X_ROW + k);
            /* @epilogue v */
            v_store(y + r*Y_ROW + k, v);
        }
    }
}

#include "vector/undef.h"
