/*
** wino/fwd.c - a 3x3 convolution stage forward by Winograd's minimal filtering, up to IMAGES
** images an item: PASS rows of tiles at a time are transformed, multiplied with the
** transformed filters and transformed back while all of it stays in L2.
**
** A batchnorm after it has its moments gathered pass by pass, from L2 as well.
**
** Where threads outnumber items, parts of an item take ROWS_TOGETHER rows of tiles at
** least, or panels of filters where there are few rows (BY_PANELS): each then transforms the
** input for itself.
*/
#include "vector/template.h"
#include "wino/input.c"
#include "wino/pass.c"
#include "norm/gather.c"

#define NAME wino_fwd        /* @name */
#define INPUT wino_input     /* @name */
#define RUN_PASS wino_pass   /* @name */
#define GATHER norm_gather   /* @name */
#define BY_PANELS 1          /* @flag */
#define GATHERS 1            /* @flag */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 18496, X_STEP = 1088, Y = 0, Y_IMAGE = 4096,
           OUT_DOWN = 256, PACKED = 0, B = 0, IMAGES = 1, TILES_DOWN = 8, WHOLE_DOWN = 8, PASS = 4,
           ROWS_TOGETHER = 1, PANELS = 1, SCRATCH = 0, SCRATCH_SIZE = 1024, V_AT = 0, M_AT = 0,
           ARGMAX = 0, ARGMAX_IMAGE = 4096, ARGMAX_DOWN = 256, MOMENTS = 0, COUNT = 32 };
#if GATHERS
    enum { BANDS = TILES_DOWN / ROWS_TOGETHER };
#endif
    const int together = s->together < IMAGES ? s->together : IMAGES;
    const int blocks = (s->n + together - 1) / together;
    const int parts = items / blocks, part = item % parts, first = item / parts*together;
    const int images = s->n - first < together ? s->n - first : together;
    const real *x = s->arena + X + (size_t)first*X_IMAGE;
    real *y = s->arena + Y + (size_t)first*Y_IMAGE;
    unsigned char *argmax = (unsigned char *)(s->arena + ARGMAX) + (size_t)first*ARGMAX_IMAGE;
    real *scratch = s->arena + SCRATCH + (size_t)thread*SCRATCH_SIZE, *v = scratch + V_AT;
#if BY_PANELS
    const int from = 0, to = TILES_DOWN;
    const int low = part_start(part, parts, PANELS), high = part_start(part + 1, parts, PANELS);
#else
    const int from = part_start(part, parts, TILES_DOWN / ROWS_TOGETHER)*ROWS_TOGETHER;
    const int to = part_start(part + 1, parts, TILES_DOWN / ROWS_TOGETHER)*ROWS_TOGETHER;
    const int low = 0, high = PANELS;
#endif
    for (int row = from; row < to; row += PASS) {
        const int rows = to - row < PASS ? to - row : PASS;
        const int whole = WHOLE_DOWN - row < rows ? WHOLE_DOWN - row : rows;
        for (int i = 0; i < images; i++)
            INPUT(x + (ptrdiff_t)i*X_IMAGE + (ptrdiff_t)row*X_STEP, v, rows, whole, i);
        const real *next = row + rows < to ? x + (ptrdiff_t)(row + rows)*X_STEP
                           : first + images < s->n ? x + (ptrdiff_t)images*X_IMAGE : v;
        RUN_PASS(v, s->arena + PACKED, s->arena + B, scratch + M_AT, y + (ptrdiff_t)row*OUT_DOWN,
            argmax + row*ARGMAX_DOWN, images, rows, whole, low, high, next, v);
#if GATHERS
        real *moments = s->arena + MOMENTS + (size_t)first*BANDS*2*COUNT;
        for (int k = 0; s->mode != MODE_EVAL && k < images; k++)
            for (int b = row / ROWS_TOGETHER; b < (row + rows) / ROWS_TOGETHER; b++)
                GATHER(y + (ptrdiff_t)k*Y_IMAGE + (ptrdiff_t)b*ROWS_TOGETHER*OUT_DOWN,
                       moments + (ptrdiff_t)(k*BANDS + b)*2*COUNT);
#endif
    }
}

#include "vector/undef.h"
