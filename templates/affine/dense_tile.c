/*
** affine/dense_tile.c - M rows by NV vectors of a product, a of M single values a step. Its sum
** runs along the images (a weight gradient: rows are units), along a block of units (an input
** gradient: rows are images) or along a panel's columns (forward: rows are images). Sums in order,
** one chain an entry: the bits are the same for any tile, and those of the lists, which leave
** zeros out. Chains go on from what c has, or ADDS: begin at +0, and are added to it at the end.
*/
#include "vector/template.h"

#define NAME affine_dense_tile /* @name */
#define ADDS 0                 /* @flag */

static inline void NAME(const real *a, const real *b, real *c, int steps, int first)
{
    enum { /* @sizes */ M = 4, NV = 4, A_ROW = 1, A_STEP = 256, B_STEP = 2048, C_ROW = 128 };
    vec acc[M][NV];
    UNROLL for (int m = 0; m < M; m++)
        UNROLL for (int n = 0; n < NV; n++)
#if ADDS
            acc[m][n] = v_zero();
#else
            acc[m][n] = first ? v_zero() : v_load(c + m*C_ROW + n*VL);
#endif
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
        UNROLL for (int n = 0; n < NV; n++) {
            real *to = c + m*C_ROW + n*VL;
#if ADDS
            v_store(to, first ? acc[m][n] : v_add(v_load(to), acc[m][n]));
#else
            v_store(to, acc[m][n]);
#endif
        }
}

#include "vector/undef.h"
