/*
** affine/fold.c - one unit of an affine layer with the batchnorm after it in its weights,
** for inference; panels as PARAM_AFFINE has them.
*/
#include "vector/template.h"
#include "norm/fold.c"

#define NAME affine_fold     /* @name */
#define FACTOR norm_fold     /* @name */

static void NAME(real *arena, int u)
{
    enum { /* @sizes */ HEAD_W = 0, W = 0, UNITS = 500, COLUMNS = 4096 };
    const double factor = FACTOR(arena, u);
    for (int column = 0; column < COLUMNS; column += PANEL) {
        const int width = COLUMNS - column < PANEL ? COLUMNS - column : PANEL;
        const size_t at = (size_t)column*UNITS + (size_t)u*(size_t)width;
        for (int k = 0; k < width; k++)
            arena[W + at + k] = (real)((double)arena[HEAD_W + at + k]*factor);
    }
}

#include "vector/undef.h"
