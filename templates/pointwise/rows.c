/*
** pointwise/rows.c - pointwise operations on some rows of a map.
*/
#include "vector/template.h"

#define NAME pointwise_rows  /* @name */

static inline void NAME(const real *x, real *y, int rows)
{
    enum { /* @sizes */ X_ROW = 96, Y_ROW = 96, ROW = 96 };
    for (int r = 0; r < rows; r++) {
        for (int k = 0; k < ROW; k += VL) { /* @tail */
            vec v = v_load(x + r*X_ROW + k);
            /* @epilogue v */
            v_store(y + r*Y_ROW + k, v);
        }
    }
}

#include "vector/undef.h"
