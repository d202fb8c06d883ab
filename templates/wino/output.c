/*
** wino/output.c - one image's rows of tiles of a pass (wino/input.c), of one panel of channels:
** outputs from their products.
*/
#include "vector/template.h"
#include "wino/output_tile.c"

#define NAME wino_output                   /* @name */
#define TILE wino_output_tile              /* @name */
#define TILE_COLUMNS wino_output_tile      /* @name */
#define TILE_ROWS wino_output_tile         /* @name */
#define TILE_ROWS_COLUMNS wino_output_tile /* @name */
#define WHOLE_TILES 1                      /* @flag */
#define ROWS_LEFT 1                        /* @flag */

static inline void NAME(const real *m /* [place][][BLOCK] */, const real *bias, real *y,
                        unsigned char *argmax, int rows, int whole, int image)
{
    enum { /* @sizes */ STEP = 4, ACROSS = 32, OUT_DOWN = 256, OUT_STEP = 32, ARGMAX_DOWN = 256 };
    const int above = image*rows;
#if WHOLE_TILES
    for (int r = 0; r < whole; r++) {
        for (int k = 0; k < ACROSS; k += STEP)  /* @tail COLUMNS */
            TILE(m, bias, y + (ptrdiff_t)r*OUT_DOWN + k / STEP*OUT_STEP,
                 argmax + r*ARGMAX_DOWN + k / STEP*OUT_STEP, above + r, image*whole + r, k / STEP);
    }
#endif
#if ROWS_LEFT
    if (whole < rows) {
        for (int k = 0; k < ACROSS; k += STEP)  /* @tail COLUMNS */
            TILE_ROWS(m, bias, y + (ptrdiff_t)whole*OUT_DOWN + k / STEP*OUT_STEP,
                      argmax + whole*ARGMAX_DOWN + k / STEP*OUT_STEP, above + whole, 0, k / STEP);
    }
#endif
}

#include "vector/undef.h"
