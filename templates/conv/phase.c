/*
** conv/phase.c - one phase of a data gradient: the rows and columns of the input
** that the same taps of the filter reach.
*/
#include "vector/template.h"
#include "conv/rows.c"

#define NAME conv_phase      /* @name */
#define RUN_ROWS conv_rows   /* @name */

static inline void NAME(const real *arena, const real *dy /* haloed */, real *dx,
                        const real *next_dy, const real *next_out)
{
    enum { /* @sizes */ PACKED = 0, DY_AT = 0, DX_AT = 0, OH = 32, NEXT_DY_AT = 0,
           NEXT_OUT_AT = 0 };
    RUN_ROWS(dy + DY_AT, arena + PACKED, NULL, dx + DX_AT, 0, OH, next_dy + NEXT_DY_AT,
             next_out + NEXT_OUT_AT);
}

#include "vector/undef.h"
