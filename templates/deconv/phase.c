/*
** deconv/phase.c - one phase of a deconv: the rows and columns of the output that the same taps of
** the filters reach. Of its bands of rows those of one part.
*/
#include "vector/template.h"
#include "conv/rows.c"

#define NAME deconv_phase    /* @name */
#define RUN_ROWS conv_rows   /* @name */

static inline void NAME(const real *arena, const real *x /* haloed */, const real *bias, real *y,
                        int part, int parts)
{
    enum { /* @sizes */ PACKED = 0, DY_AT = 0, DX_AT = 0, BANDS = 16, MH = 1 };
    RUN_ROWS(x + DY_AT, arena + PACKED, bias, y + DX_AT, part_start(part, parts, BANDS)*MH,
             part_start(part + 1, parts, BANDS)*MH, NULL, NULL);
}

#include "vector/undef.h"
