/*
** deconv/dgrad.c - a deconv stage, gradient to the data, which is a convolution of the output's
** gradient. That is masked by the ReLU and put where zeros lie around it; the weight gradient reads
** it there, and the bias' takes the sums of each image.
*/
#include "vector/template.h"
#include "conv/expand.c"
#include "conv/rows.c"

#define NAME deconv_dgrad    /* @name */
#define EXPAND conv_expand   /* @name */
#define RUN_ROWS conv_rows   /* @name */
#define BIAS 1               /* @flag */
#define HAS_DX 1             /* @flag */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ Y = 0, Y_IMAGE = 16384, DY = 0, DY_IMAGE = 16384, HALOED = 0,
           HALOED_IMAGE = 18496, HALOED_AT = 560 };
    (void)items;
    (void)thread;
    real *map = s->arena + HALOED + (size_t)item*HALOED_IMAGE;
    EXPAND(s->arena + DY + (size_t)item*DY_IMAGE, s->arena + Y + (size_t)item*Y_IMAGE, NULL, NULL,
           map + HALOED_AT);
#if BIAS
    enum { /* @sizes */ BIAS_SUMS = 0, BIAS_SUMS_IMAGE = 16, OH = 32, OW = 32, C = 16,
           OUT_ROW = 544 };
    real *sums = s->arena + BIAS_SUMS + (size_t)item*BIAS_SUMS_IMAGE;
    for (int c = 0; c < C; c += VL) { /* @tail */
        vec sum = v_zero();
        for (int r = 0; r < OH; r++) {
            for (int p = 0; p < OW; p++)
                sum = v_add(sum, v_load(map + HALOED_AT + r*OUT_ROW + p*C + c));
        }
        v_store(sums + c, sum);
    }
#endif
#if HAS_DX
    enum { /* @sizes */ DX = 0, DX_IMAGE = 4096, WINDOW_AT = 0, PACKED = 0, IN_H = 16 };
    RUN_ROWS(map + WINDOW_AT, s->arena + PACKED, NULL, s->arena + DX + (size_t)item*DX_IMAGE, 0,
             IN_H, NULL, NULL);
#endif
}

#include "vector/undef.h"
