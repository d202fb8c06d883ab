/*
** conv/fwd.c - a convolution stage, forward: convolution, bias, pointwise operations and, where the
** next layer is a max-pool whose windows do not overlap, that too, band by band. An image may be
** cut into parts (bands of rows) when threads outnumber images.
** A batchnorm after it has its moments gathered band by band, from L1 as well.
*/
#include "vector/template.h"
#include "depth/repeat.c"
#include "conv/pooled.c"
#include "norm/gather.c"

#define NAME conv_fwd             /* @name */
#define RUN_ROWS conv_rows        /* @name */
#define RUN_POOLED conv_pooled    /* @name */
#define PUT_REPEATED depth_repeat /* @name */
#define REPEAT 1                  /* @flag */
#define GATHER norm_gather        /* @name */
#define POOL 1                    /* @flag */
#define BIAS 1                    /* @flag */
#define GATHERS 1                 /* @flag */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 18496, BAND_STEP = 1088, Y = 18496, Y_IMAGE = 4096,
           Y_ROW = 256, PACKED = 0, B = 0, BANDS = 16, BAND_ROWS = 2, ARGMAX = 0,
           ARGMAX_IMAGE = 4096, ARGMAX_ROW = 256, SCRATCH = 0, SCRATCH_SIZE = 1024, BAND_AT = 0,
           MOMENTS = 0, COUNT = 32 };
#if REPEAT
    enum { /* @sizes */ REPEATED_AT = 0, REPEATED_STEP = 2, REPEATED_BAND = 4 };    /* rows */
#endif
#if BIAS
    const real *bias = s->arena + B;
#else
    const real *bias = NULL;
#endif
    int parts = items / s->n, image = item / parts, part = item % parts;
    int from = part_start(part, parts, BANDS), to = part_start(part + 1, parts, BANDS);
    const real *x = s->arena + X + (size_t)image*X_IMAGE;
    real *y = s->arena + Y + (size_t)image*Y_IMAGE;
#if REPEAT
    real *wide = s->arena + SCRATCH + (size_t)thread*SCRATCH_SIZE + REPEATED_AT;
    PUT_REPEATED(x, wide, from*REPEATED_STEP, (to - 1)*REPEATED_STEP + REPEATED_BAND);
    x = wide;
#endif
#if POOL
    unsigned char *argmax = (unsigned char *)(s->arena + ARGMAX) + (size_t)image*ARGMAX_IMAGE;
    real *band = s->arena + SCRATCH + (size_t)thread*SCRATCH_SIZE + BAND_AT;
    RUN_POOLED(x + (ptrdiff_t)from*BAND_STEP, s->arena + PACKED, bias, band,
               y + (size_t)from*Y_ROW, argmax + (size_t)from*ARGMAX_ROW, to - from);
#else
    (void)thread;
#if GATHERS
    real *moments = s->arena + MOMENTS + (size_t)image*BANDS*2*COUNT;
    for (int b = from; b < to; b++) {
        RUN_ROWS(x, s->arena + PACKED, bias, y, b*BAND_ROWS, (b + 1)*BAND_ROWS, NULL, NULL);
        if (s->mode != MODE_EVAL)
            GATHER(y + (ptrdiff_t)b*BAND_ROWS*Y_ROW, moments + (ptrdiff_t)b*2*COUNT);
    }
#else
    RUN_ROWS(x, s->arena + PACKED, bias, y, from*BAND_ROWS, to*BAND_ROWS, NULL, NULL);
#endif
#endif
}

#include "vector/undef.h"
