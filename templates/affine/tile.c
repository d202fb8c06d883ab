/*
** affine/tile.c - MI images by MU units of an affine layer. Vectors run along
** the sum here: each output has LANES virtual lanes (LV vectors), lane l takes
** the inputs l, l + 16, l + 32 ... in order, whatever the vector's width. The
** lanes are kept in memory between blocks of columns and folded at the end.
*/
#include "vector/template.h"

#define NAME affine_tile     /* @name */

static inline void NAME(const real *x /* [image][X_IMAGE] */, const real *w /* panels */,
                        real *lanes /* [image][LANES_IMAGE], unit u at u*LANES */,
                        int panels, int width)
{
    enum { /* @sizes */ MI = 2, MU = 2, LV = 16, X_IMAGE = 4096, UNITS = 10, LANES_IMAGE = 160 };
    vec acc[MI][MU][LV];
    UNROLL for (int i = 0; i < MI; i++)
        UNROLL for (int u = 0; u < MU; u++)
            UNROLL for (int l = 0; l < LV; l++)
                acc[i][u][l] = v_load(lanes + i*LANES_IMAGE + u*LANES + l*VL);
    for (int p = 0; p < panels; p++) {
        for (int d = 0; d < width; d += LANES) {
            UNROLL for (int l = 0; l < LV; l++) {
                vec a[MI], b;
                UNROLL for (int i = 0; i < MI; i++)
                    a[i] = v_load(x + i*X_IMAGE + d + l*VL);
                UNROLL for (int u = 0; u < MU; u++) {
                    b = v_load(w + u*width + d + l*VL);
                    UNROLL for (int i = 0; i < MI; i++)
                        acc[i][u][l] = v_fma(a[i], b, acc[i][u][l]);
                }
                v_keep();
            }
        }
        x += width;
        w += UNITS*(ptrdiff_t)width;
    }
    UNROLL for (int i = 0; i < MI; i++)
        UNROLL for (int u = 0; u < MU; u++)
            UNROLL for (int l = 0; l < LV; l++)
                v_store(lanes + i*LANES_IMAGE + u*LANES + l*VL, acc[i][u][l]);
}

#include "vector/undef.h"
