/*
** conv/taps.c - weight gradient of one filter whose taps lie apart in the input, with
** dilation or among the channels of other groups: MH x MW taps by NV vectors of their CI
** channels in registers, over a list of nonzero output gradients.
*/
#include "vector/template.h"
#include "conv/taps_tile.c"

#define NAME conv_taps           /* @name */
#define TILE conv_taps_tile      /* @name */
#define TILE_LAST conv_taps_tile /* @name */

static inline void NAME(const real *x, const struct entry *e, int count, real *dw)
{
    enum { /* @sizes */ KH = 3, KW = 3, CI = 16, MH = 3, MW = 3, BLOCK = 16, X_ROW = 544,
           X_TAP = 64, ROW = 48 };
    for (int i = 0; i < KH; i += MH)
        for (int j = 0; j < KW; j += MW) {
            const real *p = x + i*X_ROW + j*X_TAP;
            real *d = dw + i*ROW + j*CI;
            for (int c = 0; c < CI; c += BLOCK)     /* @tail LAST */
                TILE(p + c, e, count, d + c);
        }
}

#include "vector/undef.h"
