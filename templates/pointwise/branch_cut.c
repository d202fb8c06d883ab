/*
** pointwise/branch_cut.c - a branch's channels out of the gradient of all that were joined, through
** the pointwise layer after that, whose output is y.
*/
#include "vector/template.h"

#define NAME branch_cut      /* @name */
#define POINTWISE 1          /* @flag */

static inline void NAME(const real *dy, const real *y, real *dx)
{
    enum { /* @sizes */ Y_ROW = 1056, DY_ROW = 1056, Y_PIXEL = 33, OH = 32, OW = 32, C = 17 };
    (void)y;
    for (int r = 0; r < OH; r++)
        for (int p = 0; p < OW; p++) {
            const real *from = dy + r*DY_ROW + p*Y_PIXEL;
            real *to = dx + (r*OW + p)*C;
            for (int c = 0; c < C; c += VL) { /* @tail */
                vec g = v_load(from + c);
#if POINTWISE
                vec a = v_load(y + r*Y_ROW + p*Y_PIXEL + c);
                (void)a;
#endif
                /* @epilogue g */
                v_store(to + c, g);
            }
        }
}

#include "vector/undef.h"
