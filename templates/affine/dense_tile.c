/*
** affine/dense_tile.c - M rows by NV vectors of a product whose sum runs along the images (a
** weight gradient: rows are units) or along a block of units (an input gradient: rows are
** images): c += a b, a of M single values a step. Sums in order, one chain an entry: the bits
** are those of the lists, which leave zeros out.
*/
#include "vector/template.h"

#define NAME affine_dense_tile /* @name */

static inline void NAME(const real *a, const real *b, real *c, int steps, int first)
{
    enum { /* @sizes */ M = 4, NV = 4, A_ROW = 1, A_STEP = 256, B_STEP = 2048, C_ROW = 128 };
    vec acc[M][NV];
    UNROLL for (int m = 0; m < M; m++)
        UNROLL for (int n = 0; n < NV; n++)
            acc[m][n] = first ? v_zero() : v_load(c + m*C_ROW + n*VL);
    for (int k = 0; k < steps; k++) {
        vec x, row[NV];
        UNROLL for (int n = 0; n < NV; n++)
            row[n] = v_load(b + n*VL);
        UNROLL for (int m = 0; m < M; m++) {
            x = v_set1(a[m*A_ROW]);
            UNROLL for (int n = 0; n < NV; n++)
                acc[m][n] = v_fma(x, row[n], acc[m][n]);
        }
        v_keep();
        a += A_STEP;
        b += B_STEP;
    }
    UNROLL for (int m = 0; m < M; m++)
        UNROLL for (int n = 0; n < NV; n++)
            v_store(c + m*C_ROW + n*VL, acc[m][n]);
}

#include "vector/undef.h"
