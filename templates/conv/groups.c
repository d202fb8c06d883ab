/*
** conv/groups.c - rows FROM .. TO of one image, group by group: GROUP_COUNT convolutions, each of
** CI channels to CO, side by side in the pixels.
*/
#include "vector/template.h"
#include "conv/rows.c"

#define NAME conv_groups     /* @name */
#define RUN_ROWS conv_rows   /* @name */

static inline void NAME(const real *x /* haloed NHWC */, const real *w /* each group's panels */,
                        const real *bias, real *y /* NHWC */, int from, int to)
{
    enum { /* @sizes */ GROUP_COUNT = 2, CI = 16, CO = 16, GROUP_PANELS = 2304 };
    for (int g = 0; g < GROUP_COUNT; g++)
        RUN_ROWS(x + g*CI, w + (ptrdiff_t)g*GROUP_PANELS, bias ? bias + g*CO : bias,
                 y + g*CO, from, to);
}

#include "vector/undef.h"
