/*
** affine/fold.c - a block of units' weights as inference reads them: panel by panel, block by
** block, columns by units, zeros for the units that a block has too many; with the batchnorm after
** the layer in them.
*/
#include "vector/template.h"
#include "norm/fold.c"

#define NAME affine_fold     /* @name */
#define FACTOR norm_fold     /* @name */
#define NORM 1               /* @flag */

static void NAME(real *arena, int first)
{
    enum { /* @sizes */ HEAD_W = 0, W = 0, UNITS = 500, UNITS_STORED = 512, UNIT_BLOCK = 16,
           COLUMNS = 4096 };
    const int units = UNITS - first < UNIT_BLOCK ? UNITS - first : UNIT_BLOCK;
    for (int u = 0; u < UNIT_BLOCK; u++) {
#if NORM
        const double factor = u < units ? FACTOR(arena, first + u) : 0;
#endif
        for (int column = 0; column < COLUMNS; column += PANEL) {
            const int width = COLUMNS - column < PANEL ? COLUMNS - column : PANEL;
            const real *w = arena + HEAD_W + (size_t)column*UNITS + (size_t)(first + u)*width;
            real *t = arena + W + (size_t)column*UNITS_STORED + (size_t)first*width + u;
            for (int k = 0; k < width; k++)
#if NORM
                t[k*UNIT_BLOCK] = u < units ? (real)((double)w[k]*factor) : 0;
#else
                t[k*UNIT_BLOCK] = u < units ? w[k] : 0;
#endif
        }
    }
}

#include "vector/undef.h"
