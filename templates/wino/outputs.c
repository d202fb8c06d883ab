/*
** wino/outputs.c - one row of tiles of one panel of channels, from their products.
*/
#include "vector/template.h"
#include "wino/output.c"

#define NAME wino_outputs     /* @name */
#define TILE wino_output      /* @name */
#define TILE_LAST wino_output /* @name */
#define WHOLE_VECTORS 1       /* @flag */
#define PARTIAL 1             /* @flag */

static inline void NAME(const real *m /* [XI][tile][BLOCK] */, const real *bias, real *y,
                        unsigned char *argmax)
{
    enum { /* @sizes */ TILES_ACROSS = 16, BLOCK = 32, WHOLE = 16, OUT_STEP = 32 };
    for (int t = 0; t < TILES_ACROSS; t++) {
#if WHOLE_VECTORS
        for (int n = 0; n < WHOLE; n += VL)
            TILE(m + t*BLOCK + n, bias + n, y + t*OUT_STEP + n, argmax + t*OUT_STEP + n);
#endif
#if PARTIAL
        TILE_LAST(m + t*BLOCK + WHOLE, bias + WHOLE, y + t*OUT_STEP + WHOLE,
                  argmax + t*OUT_STEP + WHOLE);
#endif
    }
}

#include "vector/undef.h"
