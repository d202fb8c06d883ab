/*
** pointwise/add_fwd.c - the sum of both branches of a residual block for one image, and the
** pointwise layer after it.
*/
#include "vector/template.h"

#define NAME add_fwd         /* @name */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 3072, X_ROW = 96, Z = 0, Z_IMAGE = 3072, Z_ROW = 96,
           Y = 0, Y_IMAGE = 3072, Y_ROW = 96, OH = 32, ROW = 96 };
    (void)items;
    (void)thread;
    const real *x = s->arena + X + (size_t)item*X_IMAGE;
    const real *z = s->arena + Z + (size_t)item*Z_IMAGE;
    real *y = s->arena + Y + (size_t)item*Y_IMAGE;
    for (int r = 0; r < OH; r++) {
        for (int k = 0; k < ROW; k += VL) { /* @tail */
            vec v = v_add(v_load(x + r*X_ROW + k), v_load(z + r*Z_ROW + k));
            /* @epilogue v */
            v_store(y + r*Y_ROW + k, v);
        }
    }
}

#include "vector/undef.h"
