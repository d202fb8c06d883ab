/*
** conv/pooled.c - some rows of a max-pool after a convolution whose windows do not overlap: a band
** of the convolution's rows goes into a scratch that stays in L1 and is pooled from there. The
** un-pooled map never reaches memory.
*/
#include "vector/template.h"
#include "conv/rows.c"
#include "pool/row.c"

#define NAME conv_pooled          /* @name */
#define RUN_ROWS conv_rows        /* @name */
#define POOL_ROW pool_row         /* @name */
#define KEEPS_ARGMAX 1            /* @flag */

static inline void NAME(const real *x, const real *w, const real *bias, real *band, real *y,
                        unsigned char *argmax, int rows)
{
    enum { /* @sizes */ BAND_STEP = 1088, BAND_ROWS = 2, Y_ROW = 256, ARGMAX_ROW = 256 };
    for (int r = 0; r < rows; r++) {
        RUN_ROWS(x + (ptrdiff_t)r*BAND_STEP, w, bias, band, 0, BAND_ROWS, NULL, NULL);
        POOL_ROW(band, y + (ptrdiff_t)r*Y_ROW, argmax);
#if KEEPS_ARGMAX
        argmax += ARGMAX_ROW;
#endif
    }
}

#include "vector/undef.h"
