/*
** norm/image_fwd.c - batch normalisation of one image, with the statistics of norm/merge.c,
** and the pointwise layer after it. For all stages of one shape.
*/
#include "vector/template.h"

#define NAME norm_image_fwd  /* @name */

static inline void NAME(const real *x, const real *mean /* coefficients, [COUNT] each */, real *y)
{
    enum { /* @sizes */ X_ROW = 544, Y_ROW = 544, OH = 32, OW = 32, C = 17, COUNT = 32 };
    const real *factor = mean + 2*COUNT, *beta = mean + 3*COUNT;
    for (int r = 0; r < OH; r++)
        for (int p = 0; p < OW; p++) {
            const real *from = x + r*X_ROW + p*C;
            real *to = y + r*Y_ROW + p*C;
            for (int c = 0; c < C; c += VL) { /* @tail */
                vec v = v_sub(v_load(from + c), v_load(mean + c));
                v = v_fma(v, v_load(factor + c), v_load(beta + c));
                /* @epilogue v */
                v_store(to + c, v);
            }
        }
}

#include "vector/undef.h"
