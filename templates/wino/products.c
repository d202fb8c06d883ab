/*
** wino/products.c - for each of the XI places of a transformed tile, the product of `tiles`
** tiles with one panel of transformed filters. Tiles are taken MW at a time: up to MW - 1
** that are nobody's are computed, too.
*/
#include "vector/template.h"
#include "conv/tile.c"

#define NAME wino_products   /* @name */
#define TILE conv_tile       /* @name */

static inline void NAME(const real *v /* [XI][tile][V_TILE] */,
                        const real *w /* [XI][CI][BLOCK] */, real *m /* [XI][tile][BLOCK] */,
                        int tiles)
{
    enum { /* @sizes */ XI = 16, CI = 32, MW = 8, BLOCK = 32, V_TILE = 48, V_XI = 3088,
           M_XI = 2064 };
    for (int k = 0; k < XI; k++)
        for (int t = 0; t < tiles; t += MW)
            TILE(v + k*V_XI + t*V_TILE, w + k*CI*BLOCK, NULL, m + k*M_XI + t*BLOCK);
}

#include "vector/undef.h"
