/*
** conv/narrow_filters.c - sums that lie tap by tap, vectors along the filters, as the gradients of
** filters from low to high - 1 and of their biases.
*/
#include "vector/template.h"

#define NAME conv_narrow_filters /* @name */

static inline void NAME(const real *u /* [tap][U_TAP], biases last */, real *dw, int low, int high)
{
    enum { /* @sizes */ CO = 32, KH = 3, COLUMNS = 9, ROW = 16, U_TAP = 32 };
    enum { FILTER = KH*ROW };
    const real *db = u + KH*COLUMNS*U_TAP;
    for (int f = low; f < high && f < CO; f++) {
        for (int ky = 0; ky < KH; ky++)
            for (int k = 0; k < ROW; k++)
                dw[f*FILTER + ky*ROW + k] = k < COLUMNS ? u[(ky*COLUMNS + k)*U_TAP + f] : 0;
        dw[CO*FILTER + f] = db[f];
    }
}

#include "vector/undef.h"
