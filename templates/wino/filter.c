/*
** wino/filter.c - one filter's gradient back from the transformed domain: G^T u G, into the
** stored order [3][ROW].
*/
#include "vector/template.h"

#define NAME wino_filter     /* @name */
#define TRANSFORM v_filter2  /* @name */

static inline void NAME(const real *u /* [SIDE*SIDE][filter][U_ROW] */, real *dw)
{
    enum { /* @sizes */ CI = 32, SIDE = 4, U_XI = 1024, ROW = 96 };
    for (int c = 0; c < CI; c += VL) { /* @tail */
        vec d[SIDE*SIDE];
        UNROLL for (int k = 0; k < SIDE*SIDE; k++)
            d[k] = v_load(u + k*U_XI + c);
        UNROLL for (int i = 0; i < SIDE; i++)
            TRANSFORM(d + i*SIDE, 1);
        UNROLL for (int j = 0; j < 3; j++)
            TRANSFORM(d + j, SIDE);
        UNROLL for (int i = 0; i < 3; i++)
            UNROLL for (int j = 0; j < 3; j++)
                v_store(dw + i*ROW + j*CI + c, d[i*SIDE + j]);
    }
}

#include "vector/undef.h"
