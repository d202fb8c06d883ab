/*
** wino/dgrad.c - a 3x3 convolution stage, gradient to the data by Winograd's minimal
** filtering: the output gradient of up to IMAGES images is expanded, image by image, into a
** haloed map, which goes through the flipped filters as the input does in wino/fwd.c. SUMS_NORM:
** what it writes is the gradient of a batchnorm's output, whose sums are made while it is in L2.
*/
#include "vector/template.h"
#include "conv/expand.c"
#include "wino/input.c"
#include "wino/pass.c"
#include "norm/statistics.c"   /* for norm/sums.c, which would include some of this twice */

#define NAME wino_dgrad           /* @name */
#define EXPAND conv_expand        /* @name */
#define INPUT wino_input          /* @name */
#define RUN_PASS wino_pass        /* @name */
#define SUM_IMAGE norm_statistics /* @name */
#define SUMS_NORM 1               /* @flag */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ Y = 0, Y_IMAGE = 4096, DY = 0, DY_IMAGE = 4096, ARGMAX = 0,
           ARGMAX_IMAGE = 4096, COEFFICIENTS = 0, DX = 0, DX_IMAGE = 16384, DX_STEP = 1024,
           PACKED = 0, IMAGES = 1, TILES_DOWN = 8, WHOLE_DOWN = 8, PASS = 4, PANELS = 1,
           SCRATCH = 0, SCRATCH_SIZE = 1024, V_AT = 0, M_AT = 0, EXPANDED = 0, EXPANDED_AT = 0,
           DY_AT = 0, X_STEP = 4352 };
    const int together = s->together < IMAGES ? s->together : IMAGES;
    const int first = item*together;
    const int images = s->n - first < together ? s->n - first : together;
    const unsigned char *argmax = (const unsigned char *)(s->arena + ARGMAX);
    real *dx = s->arena + DX + (size_t)first*DX_IMAGE;
    real *scratch = s->arena + SCRATCH + (size_t)thread*SCRATCH_SIZE, *v = scratch + V_AT;
    real *map = scratch + EXPANDED;
    const real *y = s->arena + Y, *dy = s->arena + DY;
    const size_t image_after = (size_t)(first + images);
    const int more = first + images < s->n;
    for (int row = 0; row < TILES_DOWN; row += PASS) {
        const int rows = TILES_DOWN - row < PASS ? TILES_DOWN - row : PASS;
        const int whole = WHOLE_DOWN - row < rows ? WHOLE_DOWN - row : rows;
        for (int i = 0; i < images; i++) {
            size_t image = (size_t)(first + i);
            if (row == 0)   /* several images: one pass is all */
                EXPAND(dy + image*DY_IMAGE, y + image*Y_IMAGE,
                       argmax + image*ARGMAX_IMAGE, s->arena + COEFFICIENTS, map + EXPANDED_AT);
            INPUT(map + DY_AT + (ptrdiff_t)row*X_STEP, v, rows, whole, i);
        }
        RUN_PASS(v, s->arena + PACKED, s->arena, scratch + M_AT, dx + (ptrdiff_t)row*DX_STEP,
            (unsigned char *)s->arena, images, rows, whole, 0, PANELS,    /* no pool, no bias */
            more ? y + image_after*Y_IMAGE + (ptrdiff_t)row*Y_IMAGE/TILES_DOWN : v,
            more ? dy + image_after*DY_IMAGE + (ptrdiff_t)row*DY_IMAGE/TILES_DOWN : v);
    }
#if SUMS_NORM
    for (int i = 0; i < images; i++)
        SUM_IMAGE(s, first + i, items, thread);
#else
    (void)items;
#endif
}

#include "vector/undef.h"
