/*
** deconv/gaps.c - what a deconv makes where no tap reaches: everywhere, before the taps write.
*/
#include "vector/template.h"

#define NAME deconv_gaps     /* @name */
#define BIAS 1               /* @flag */

static inline void NAME(const real *bias, real *y)
{
    enum { /* @sizes */ OH = 16, OW = 16, C = 16, Y_ROW = 256 };
    (void)bias;
    for (int r = 0; r < OH; r++)
        for (int p = 0; p < OW; p++) {
            for (int c = 0; c < C; c += VL) { /* @tail */
#if BIAS
                vec v = v_load(bias + c);
#else
                vec v = v_zero();
#endif
                /* @epilogue v */
                v_store(y + r*Y_ROW + p*C + c, v);
            }
        }
}

#include "vector/undef.h"
