/*
** conv/lists.c - the nonzero values of a stage's output gradient, rows FROM .. TO
** of one image, as one list per filter: (where the filter's first tap lies in
** the haloed input, value). After ReLU and 2x2 max-pool about an eighth of the
** positions is left. Order: raster order of the stage's output; the weight
** gradient's sums run in that order, the bias' as well, which takes all values.
*/
#include "vector/template.h"

#define NAME conv_lists      /* @name */
#define POOL 1               /* @flag */
#define RELU 1               /* @flag */
#define BIAS 1               /* @flag */

static inline void NAME(const real *dy /* OH rows of [OW][C] */, const real *y,
                        const unsigned char *argmax, struct entry *entries /* [C][SPACE] */,
                        int *count /* [C] */, real *db /* [C] */, int from, int to)
{
    enum { /* @sizes */ OW = 16, C = 16, DY_ROW = 256, Y_ROW = 256, Y_PIXEL = 16,
           WINDOW_DOWN = 1088, WINDOW_ACROSS = 32, SPACE = 257 };
#if POOL
    enum { /* @sizes */ PH = 2, PW = 2, IN_WINDOW_DOWN = 544, IN_WINDOW_ACROSS = 16 };
    int32_t window[PH*PW];      /* the argmax's pixel, from the window's first */
    UNROLL for (int i = 0; i < PH; i++)
        UNROLL for (int j = 0; j < PW; j++)
            window[i*PW + j] = i*IN_WINDOW_DOWN + j*IN_WINDOW_ACROSS;
#else
    (void)argmax;
#endif
#if !RELU
    (void)y;
#endif
#if !BIAS
    (void)db;
#endif
    for (int c = 0; c < C; c++)
        count[c] = 0;
    for (int r = from; r < to; r++)
        for (int p = 0; p < OW; p++) {
            const real *g = dy + r*DY_ROW + p*C;
#if RELU
            real value[C];
            relu_gradient(g, y + r*Y_ROW + p*Y_PIXEL, value, C);
#else
            const real *value = g;
#endif
#if POOL
            const unsigned char *k = argmax + (r*OW + p)*C;
#endif
#if BIAS
            add_values(db, value, C);
#endif
            int32_t corner = r*WINDOW_DOWN + p*WINDOW_ACROSS;
            for (int c = 0; c < C; c++) {
                struct entry e = { corner, value[c] };
#if POOL
                e.at += window[k[c]];
#endif
                /* Always written, counted only if not zero: no branch to mispredict. */
                entries[c*SPACE + count[c]] = e;
                count[c] += is_nonzero(e.value);
            }
        }
}

#include "vector/undef.h"
