/*
** affine/fwd_tile.c - the sums of M images by NV vectors of units over a panel's columns: they
** begin at +0, and are added to those of the panels before it. One chain an entry, in the order of
** the columns: the bits are the same for any tile.
*/
#include "vector/template.h"

#define NAME affine_fwd_tile   /* @name */

static inline void NAME(const real *x, const real *w, real *sums, int steps, int first)
{
    enum { /* @sizes */ M = 6, NV = 2, X_IMAGE = 4096, UNIT_BLOCK = 16, SUMS_IMAGE = 256 };
    vec acc[M][NV];
    UNROLL for (int m = 0; m < M; m++)
        UNROLL for (int n = 0; n < NV; n++)
            acc[m][n] = v_zero();
    for (int k = 0; k < steps; k++) {
        vec b, row[NV];
        UNROLL for (int n = 0; n < NV; n++)
            row[n] = v_load(w + n*VL);
        UNROLL for (int m = 0; m < M; m++) {
            b = v_set1(x[m*X_IMAGE]);
            UNROLL for (int n = 0; n < NV; n++)
                acc[m][n] = v_fma(b, row[n], acc[m][n]);
        }
        v_keep();
        x++;
        w += UNIT_BLOCK;
    }
    UNROLL for (int m = 0; m < M; m++)
        UNROLL for (int n = 0; n < NV; n++) {
            real *sum = sums + m*SUMS_IMAGE + n*VL;
            v_store(sum, first ? acc[m][n] : v_add(v_load(sum), acc[m][n]));
        }
}

#include "vector/undef.h"
