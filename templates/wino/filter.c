/*
** wino/filter.c - one filter's gradient back from the transformed domain: G^T u G, into the
** stored order [3][ROW]. Sums lie by U_WIDTH channels, and in these filter after filter.
*/
#include "vector/template.h"

#define NAME wino_filter           /* @name */
#define TRANSFORM_ACROSS v_filter4 /* @name */
#define TRANSFORM_DOWN v_filter4   /* @name */

static inline void NAME(const real *u /* [SIDE_H*SIDE_W][][U_FILTERS][U_WIDTH] */,
                        real *dw /* [3][ROW] */, int channels)
{
    enum { /* @sizes */ CI = 32, SIDE_H = 6, SIDE_W = 6, U_WIDTH = 16, U_FILTERS = 32, U_XI = 1024,
           ROW = 96 };
    for (int c = 0; c < channels; c += VL) {
        const int n = channels - c < VL ? channels - c : VL;
        vec d[SIDE_H*SIDE_W];
        UNROLL for (int k = 0; k < SIDE_H*SIDE_W; k++)
            d[k] = v_load(u + k*U_XI + c / U_WIDTH*U_WIDTH*U_FILTERS + c % U_WIDTH);
        UNROLL for (int i = 0; i < SIDE_H; i++)
            TRANSFORM_ACROSS(d + i*SIDE_W, 1);
        UNROLL for (int j = 0; j < 3; j++)
            TRANSFORM_DOWN(d + j, SIDE_W);
        real *to = dw + c;
        if (n == VL) {      /* storing a part takes AVX2 twenty times as long */
            UNROLL for (int i = 0; i < 3; i++)
                UNROLL for (int j = 0; j < 3; j++)
                    v_store(to + i*ROW + j*CI, d[i*SIDE_W + j]);
        } else {
            UNROLL for (int i = 0; i < 3; i++)
                UNROLL for (int j = 0; j < 3; j++)
                    v_store_part(to + i*ROW + j*CI, d[i*SIDE_W + j], n);
        }
    }
}

#include "vector/undef.h"
