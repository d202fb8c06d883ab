/*
** pointwise/branch_copy.c - some rows of a branch's channels into their place among all that are
** joined, and the pointwise layer after that.
*/
#include "vector/template.h"

#define NAME branch_copy     /* @name */

static inline void NAME(const real *x, real *y, int rows)
{
    enum { /* @sizes */ X_ROW = 544, Y_ROW = 1056, X_PIXEL = 17, Y_PIXEL = 33, OW = 32, C = 17 };
    for (int r = 0; r < rows; r++)
        for (int p = 0; p < OW; p++) {
            const real *from = x + r*X_ROW + p*X_PIXEL;
            real *to = y + r*Y_ROW + p*Y_PIXEL;
            for (int c = 0; c < C; c += VL) { /* @tail */
                vec v = v_load(from + c);
                /* @epilogue v */
                v_store(to + c, v);
            }
        }
}

#include "vector/undef.h"
