/*
** wino/gradient.c - one image's rows of tiles of a pass (wino/input.c): the transform of their
** output gradients.
*/
#include "vector/template.h"
#include "wino/gradient_tile.c"

#define NAME wino_gradient                   /* @name */
#define TILE wino_gradient_tile              /* @name */
#define TILE_COLUMNS wino_gradient_tile      /* @name */
#define TILE_ROWS wino_gradient_tile         /* @name */
#define TILE_ROWS_COLUMNS wino_gradient_tile /* @name */
#define WHOLE_TILES 1                        /* @flag */
#define ROWS_LEFT 1                          /* @flag */

static inline void NAME(const real *dy /* [STEP][W][CO] */, const real *y,
                        const unsigned char *argmax, const real *mean /* the norm's */,
                        real *g /* [place][tile][G_TILE] */, real *db, int rows, int whole,
                        int image)
{
    enum { /* @sizes */ CO = 32, STEP = 4, ACROSS = 32, DY_STEP = 4096, Y_STEP = 4352, PW = 2 };
    const int above = image*rows;
#if WHOLE_TILES
    for (int r = 0; r < whole; r++) {
        for (int k = 0; k < ACROSS; k += STEP)  /* @tail COLUMNS */
            TILE(dy + (ptrdiff_t)r*DY_STEP + k/PW*CO, y + (ptrdiff_t)r*Y_STEP + k*CO,
                 argmax + (ptrdiff_t)r*DY_STEP + k/PW*CO, mean, g, db, above + r,
                 image*whole + r, k / STEP);
    }
#endif
#if ROWS_LEFT
    if (whole < rows) {
        for (int k = 0; k < ACROSS; k += STEP)  /* @tail COLUMNS */
            TILE_ROWS(dy + (ptrdiff_t)whole*DY_STEP + k/PW*CO, y + (ptrdiff_t)whole*Y_STEP + k*CO,
                      argmax + (ptrdiff_t)whole*DY_STEP + k/PW*CO, mean, g, db, above + whole, 0,
                      k / STEP);
    }
#endif
}

#include "vector/undef.h"
