/*
** pointwise/add_rows.c - some rows of the sum of both branches of a residual block, and the
** pointwise layer after it.
*/
#include "vector/template.h"

#define NAME add_rows        /* @name */

static inline void NAME(const real *x, const real *z, real *y, int rows)
{
    enum { /* @sizes */ X_ROW = 96, Z_ROW = 96, Y_ROW = 96, ROW = 96 };
    for (int r = 0; r < rows; r++) {
        for (int k = 0; k < ROW; k += VL) { /* @tail */
            vec v = v_add(v_load(x + r*X_ROW + k), v_load(z + r*Z_ROW + k));
            /* @epilogue v */
            v_store(y + r*Y_ROW + k, v);
        }
    }
}

#include "vector/undef.h"
