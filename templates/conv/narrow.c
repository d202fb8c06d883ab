/*
** conv/narrow.c - a convolution stage whose filter rows are shorter than a vector: gradient to
** weights and bias of one group of images (see conv/wgrad.c), dense, with vectors along the
** filters. BAND rows at a time, of output gradients un-pooled and masked by the ReLU: they stay
** in L1 while every filter row reads them, window by window, the order of conv/lists.c.
** Gradients and outputs come from memory, which takes as long as the sums do, so the next band's
** are fetched meanwhile. It beats lists below a max-pool, too: seven products of eight are zero,
** but a cycle makes 32.
*/
#include "vector/template.h"
#include "conv/expand.c"
#include "conv/narrow_filters.c"
#include "conv/narrow_tile.c"

#define NAME conv_narrow               /* @name */
#define EXPAND conv_expand             /* @name */
#define ADD conv_narrow_add            /* @name */
#define TILE conv_narrow_tile          /* @name */
#define TO_FILTERS conv_narrow_filters /* @name */
#define BIAS 1                         /* @flag */
#define POOL 1                         /* @flag */
#define READS_Y 1                      /* @flag */
#define DIRECT 0                       /* @flag */

/* Adds the gradients of one band, of filters from low to high - 1; next_g, next_y: what is fetched
** for the next. */
static inline void ADD(const real *x /* haloed */, const real *g /* [BAND][OW][WINDOW][CO] */,
                       const real *next_g, const real *next_y, real *u /* [tap][U_TAP] */,
                       int low, int high)
{
    enum { /* @sizes */ X_ROW = 102, CO = 32, KH = 3, COLUMNS = 9, MT = 9, NV = 2, U_TAP = 32,
           OW = 16, WINDOW = 4, BAND = 1, Y_BAND = 1024 };
    enum { LINE = 64 / sizeof(real), PASSES = KH*(U_TAP / (NV*VL)) };
#if !READS_Y
    (void)next_y;
#endif
    int pass = 0;
    for (int c = low; c < high; c += NV*VL) {
        for (int ky = 0; ky < KH; ky++, pass++) {
            for (int k = pass*LINE; k < BAND*OW*CO; k += PASSES*LINE)
                v_prefetch(next_g + k);
#if READS_Y
            for (int k = pass*LINE; k < Y_BAND; k += PASSES*LINE)
                v_prefetch(next_y + k);
#endif
            for (int k = 0; k < COLUMNS; k += MT)
                TILE(x + ky*X_ROW + k, g + c, u + (ky*COLUMNS + k)*U_TAP + c);
        }
#if BIAS
        UNROLL for (int n = 0; n < NV; n++) {
            real *db = u + KH*COLUMNS*U_TAP + c + n*VL;
            vec sum = v_load(db);
            for (int p = 0; p < BAND*OW*WINDOW; p++)
                sum = v_add(sum, v_load(g + p*CO + c + n*VL));
            v_store(db, sum);
        }
#endif
    }
}

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 3472, X_BAND = 204, Y = 0, Y_IMAGE = 4096, Y_ROW = 1024,
           DY = 0, DY_IMAGE = 4096, DY_ROW = 512, COEFFICIENTS = 0, ARGMAX = 0,
           ARGMAX_IMAGE = 4096, PARTIALS = 0, GROUP_SIZE = 1568, CO = 32, KH = 3, COLUMNS = 9,
           U_TAP = 32, OH = 16, OW = 16, BAND = 1, SCRATCH = 0, SCRATCH_SIZE = 1024,
           WINDOWS_AT = 0, TAP_SUMS_AT = 0, NV = 2 };
    enum { PANELS = U_TAP / (NV*VL) };
    const struct group_part p = group_part(item, items, s->n, PANELS);
    const int low = p.low*NV*VL, high = p.high*NV*VL;
    real *scratch = s->arena + SCRATCH + (size_t)thread*SCRATCH_SIZE;
    real *u = scratch + TAP_SUMS_AT;
    real *dw = s->arena + PARTIALS + (size_t)p.group*GROUP_SIZE;
    for (int k = 0; k < (KH*COLUMNS + 1)*U_TAP; k++)
        u[k] = 0;
    for (int image = p.first; image < p.last; image++)
        for (int row = 0; row < OH; row += BAND) {
            const real *x = s->arena + X + (size_t)image*X_IMAGE + (ptrdiff_t)row*X_BAND;
            const real *y = s->arena + Y + (size_t)image*Y_IMAGE + (ptrdiff_t)row*Y_ROW;
            const real *dy = s->arena + DY + (size_t)image*DY_IMAGE + (ptrdiff_t)row*DY_ROW;
            const real *g = dy;
#if !DIRECT
#if POOL
            const unsigned char *index = (const unsigned char *)(s->arena + ARGMAX)
                                         + (size_t)image*ARGMAX_IMAGE + (ptrdiff_t)row*OW*CO;
#else
            const unsigned char *index = NULL;
#endif
            EXPAND(dy, y, index, s->arena + COEFFICIENTS,
                   scratch + WINDOWS_AT);      /* after it there is room for a whole tile */
            g = scratch + WINDOWS_AT;
#endif
            ADD(x, g, dy + BAND*DY_ROW, y + BAND*Y_ROW, u, low, high);
        }
    TO_FILTERS(u, dw, low, high);
}

#include "vector/undef.h"
