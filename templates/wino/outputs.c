/*
** wino/outputs.c - one row of tiles of one panel of channels, from their products.
*/
#include "vector/template.h"
#include "wino/output.c"

#define NAME wino_outputs     /* @name */
#define TILE wino_output      /* @name */
#define TILE_LAST wino_output /* @name */

static inline void NAME(const real *m /* [XI][tile][BLOCK] */, const real *bias, real *y,
                        unsigned char *argmax)
{
    enum { /* @sizes */ TILES_ACROSS = 16, BLOCK = 32, CHANNELS = 17, OUT_STEP = 32 };
    for (int t = 0; t < TILES_ACROSS; t++) {
        for (int n = 0; n < CHANNELS; n += VL)      /* @tail LAST */
            TILE(m + t*BLOCK + n, bias + n, y + t*OUT_STEP + n, argmax + t*OUT_STEP + n);
    }
}

#include "vector/undef.h"
