/*
** conv_narrow.c - a convolution stage whose filter rows are shorter than a vector: gradient to
** weights and bias of one group of images (see conv_wgrad.c), dense, with vectors along the
** filters. Each image's output gradient is expanded into scratch first.
*/
#include "template.h"
#include "conv_expand.c"
#include "conv_narrow_tile.c"

#define NAME conv_narrow     /* @name */
#define EXPAND conv_expand   /* @name */
#define TILE conv_narrow_tile    /* @name */
#define BIAS 1               /* @flag */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 3472, X_ROW = 102, Y = 0, Y_IMAGE = 4096, DY = 0,
           DY_IMAGE = 4096, ARGMAX = 0, ARGMAX_IMAGE = 4096, PARTIAL = 0, GROUP_SIZE = 1568,
           CO = 32, KH = 3, COLUMNS = 9, ROW = 16, MT = 9, NV = 2, U_TAP = 32, OH = 32, OW = 32,
           G_ROW = 1024, SCRATCH = 0, SCRATCH_SIZE = 1024, EXPANDED = 0, EXPANDED_AT = 0,
           U_AT = 0 };
    enum { FILTER = KH*ROW };
    const int first = part_start(item, items, s->n), last = part_start(item + 1, items, s->n);
    real *scratch = s->arena + SCRATCH + (size_t)thread*SCRATCH_SIZE;
    real *map = scratch + EXPANDED, *u = scratch + U_AT, *db = u + KH*COLUMNS*U_TAP;
    real *dw = s->arena + PARTIAL + (size_t)item*GROUP_SIZE;
    const unsigned char *argmax = (const unsigned char *)(s->arena + ARGMAX);
    for (int k = 0; k < (KH*COLUMNS + 1)*U_TAP; k++)
        u[k] = 0;
    for (int image = first; image < last; image++) {
        const real *x = s->arena + X + (size_t)image*X_IMAGE;
        EXPAND(s->arena + DY + (size_t)image*DY_IMAGE, s->arena + Y + (size_t)image*Y_IMAGE,
               argmax + (size_t)image*ARGMAX_IMAGE, map + EXPANDED_AT);
        for (int c = 0; c < U_TAP; c += NV*VL) {
            const real *g = map + EXPANDED_AT + c;
            for (int ky = 0; ky < KH; ky++)
                for (int k = 0; k < COLUMNS; k += MT)
                    TILE(x + ky*X_ROW + k, g, u + (ky*COLUMNS + k)*U_TAP + c);
#if BIAS
            UNROLL for (int n = 0; n < NV; n++) {
                vec sum = v_load(db + c + n*VL);
                for (int r = 0; r < OH; r++)
                    for (int p = 0; p < OW; p++)
                        sum = v_add(sum, v_load(g + r*G_ROW + p*CO + n*VL));
                v_store(db + c + n*VL, sum);
            }
#endif
        }
    }
    for (int f = 0; f < CO; f++) {
        for (int ky = 0; ky < KH; ky++)
            for (int k = 0; k < ROW; k++)
                dw[f*FILTER + ky*ROW + k] = k < COLUMNS ? u[(ky*COLUMNS + k)*U_TAP + f] : 0;
        dw[CO*FILTER + f] = db[f];
    }
}

#include "undef.h"
