/*
** affine/one.c - an affine stage of one image: block by block of units, whose weights lie columns
** by units.
*/
#include "vector/template.h"
#include "affine/one_tile.c"

#define NAME affine_one      /* @name */
#define TILE affine_one_tile /* @name */
#define TILE_LAST affine_one_tile    /* @name */

static inline void NAME(const real *x, const real *w, const real *bias, real *y)
{
    enum { /* @sizes */ UNITS = 500, BLOCK = 32, COLUMNS = 4096 };
    for (int u = 0; u < UNITS; u += BLOCK) {    /* @tail LAST */
        TILE(x, w + (ptrdiff_t)u*COLUMNS, bias + u, y + u);
    }
}

#include "vector/undef.h"
