/*
** affine/dense.c - affine/panel.c where no ReLU has set output gradients to zero: the same sums
** in register tiles, of which each value read serves M rows. From lists every product reads its
** operand from L2.
*/
#include "vector/template.h"
#include "affine/dense_tile.c"

#define NAME affine_dense           /* @name */
#define DGRAD affine_dense_tile     /* @name */
#define DGRAD_ONE affine_dense_tile /* @name */
#define WGRAD affine_dense_tile     /* @name */
#define WGRAD_ONE affine_dense_tile /* @name */
#define HAS_DX 1                    /* @flag */

static inline double NAME(const struct step *s, int panel)
{
    enum { /* @sizes */ UNITS = 500, WIDTH = 128, ROWS = 50, M = 4, TILE_WIDTH = 64, X = 0,
           X_IMAGE = 4096, DY = 0, DY_IMAGE = 512, DX = 0, DX_IMAGE = 4096, W = 0, W_M = 0,
           W_V = 0, W_RULE = 0 };
    const real *x = s->arena + X + (size_t)panel*PANEL, *dy = s->arena + DY;
    const size_t at = (size_t)panel*PANEL*UNITS;
    const struct rule *rule = s->rule + W_RULE;
    double sumsq = 0;
    for (int block = 0; block < UNITS; block += ROWS) {
        const int end = block + ROWS < UNITS ? block + ROWS : UNITS;
#if HAS_DX
        const real *w = s->arena + W + at + (size_t)block*WIDTH;
        real *dx = s->arena + DX + (size_t)panel*PANEL;
        int i = 0;
        for (; i + M <= s->n; i += M)
            for (int d = 0; d < WIDTH; d += TILE_WIDTH)
                DGRAD(dy + (size_t)i*DY_IMAGE + block, w + d, dx + (size_t)i*DX_IMAGE + d,
                      end - block, block == 0);
        for (; i < s->n; i++)
            for (int d = 0; d < WIDTH; d += TILE_WIDTH)
                DGRAD_ONE(dy + (size_t)i*DY_IMAGE + block, w + d, dx + (size_t)i*DX_IMAGE + d,
                          end - block, block == 0);
#endif
        for (int u = block; u < end; ) {
            real g[M*WIDTH];
            const int rows = end - u < M ? 1 : M;
            for (int d = 0; d < WIDTH; d += TILE_WIDTH)
                if (rows == M)
                    WGRAD(dy + u, x + d, g + d, s->n, 1);
                else
                    WGRAD_ONE(dy + u, x + d, g + d, s->n, 1);
            for (int k = 0; k < rows; k++, u++) {
                const size_t row = at + (size_t)u*WIDTH;
                sumsq += rule->update(s->arena + W + row, s->arena + W_M + row,
                                      s->arena + W_V + row, g + k*WIDTH, WIDTH, &rule->hyper);
            }
        }
    }
    return sumsq;
}

#include "vector/undef.h"
