/*
** conv/phase.c - one phase of a data gradient: the rows and columns of the input
** that the same taps of the filter reach.
*/
#include "vector/template.h"
#include "conv/rows.c"

#define NAME conv_phase      /* @name */
#define RUN_ROWS conv_rows   /* @name */

static inline void NAME(const real *arena, const real *dy /* haloed */, real *dx)
{
    enum { /* @sizes */ PACKED = 0, DY_AT = 0, DX_AT = 0, OH = 32 };
    RUN_ROWS(dy + DY_AT, arena + PACKED, NULL, dx + DX_AT, 0, OH);
}

#include "vector/undef.h"
