/*
** wino/input.c - one image's rows of tiles of a pass: the Winograd transform of their inputs.
** Sides that STEP does not divide end in a smaller tile, which has fewer places. So at each place
** the tiles that have it lie one after the other: of `down` rows of all tiles before this one
** `whole` are of whole ones.
*/
#include "vector/template.h"
#include "wino/input_tile.c"

#define NAME wino_input                   /* @name */
#define TILE wino_input_tile              /* @name */
#define TILE_COLUMNS wino_input_tile      /* @name */
#define TILE_ROWS wino_input_tile         /* @name */
#define TILE_ROWS_COLUMNS wino_input_tile /* @name */
#define WHOLE_TILES 1                     /* @flag */
#define ROWS_LEFT 1                       /* @flag */

static inline void NAME(const real *x /* haloed, the first window */,
                        real *v /* [place][tile][V_TILE] */, int rows, int whole, int image)
{
    enum { /* @sizes */ CI = 32, STEP = 4, ACROSS = 32, X_STEP = 4352 };
    const int above = image*rows;
#if WHOLE_TILES
    for (int r = 0; r < whole; r++) {
        for (int k = 0; k < ACROSS; k += STEP)  /* @tail COLUMNS */
            TILE(x + (ptrdiff_t)r*X_STEP + k*CI, v, above + r, image*whole + r, k / STEP);
    }
#endif
#if ROWS_LEFT
    if (whole < rows) {
        for (int k = 0; k < ACROSS; k += STEP)  /* @tail COLUMNS */
            TILE_ROWS(x + (ptrdiff_t)whole*X_STEP + k*CI, v, above + whole, 0, k / STEP);
    }
#endif
}

#include "vector/undef.h"
