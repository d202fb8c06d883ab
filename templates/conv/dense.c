/*
** conv/dense.c - a convolution stage, gradient to weights and bias of one group of images (see
** conv/wgrad.c), from all output gradients: a product of matrices. Vectors run along a filter
** row, so the sums lie as the weights do. BAND rows of some images at a time: their gradients,
** masked by the ReLU, and inputs stay in L2 while all tiles pass over them, the inputs of a
** tile's taps in L1 while all filters do. Of a filter with one tap they are copied first, so that
** those of a tile lie together.
*/
#include "vector/template.h"
#include "conv/dense_tile.c"

#define NAME conv_dense                   /* @name */
#define PUT conv_dense_put                /* @name */
#define ADD conv_dense_add                /* @name */
#define ADD_BIAS conv_dense_bias          /* @name */
#define COPY conv_dense_copy              /* @name */
#define TILE conv_dense_tile              /* @name */
#define TILE_COLUMNS conv_dense_tile      /* @name */
#define TILE_ROWS conv_dense_tile         /* @name */
#define TILE_COLUMNS_ROWS conv_dense_tile /* @name */
#define BIAS 1                            /* @flag */
#define RELU 1                            /* @flag */
#define COPIED 1                          /* @flag */

/* Every tap's row of reals by every filter of its group, of rows of taps from low to high - 1, a
** group's after the other's; next_x, next_dy, next_y: what is fetched for the next call. */
static inline void ADD(const real *x, const real *g, real *dw, int images, const real *next_x,
                       const real *next_dy, const real *next_y, int low, int high)
{
    enum { /* @sizes */ KH = 3, TAPS = 1, RUN_VECTORS = 3, MH = 6, NV = 3, X_ROW = 544, X_TAP = 0,
           X_VECTOR = 16, GROUP_FILTERS = 16, GROUP_CHANNELS = 16, ROW = 48 };
    enum { FILTER = KH*ROW };
    int call = 0;
    for (int row = low; row < high; row++)
        for (int tap = 0; tap < TAPS; tap++) {
            const int group = row / KH, ky = row % KH;
            const real *p = x + group*GROUP_CHANNELS + ky*X_ROW + tap*X_TAP;
            const real *q = g + group*GROUP_FILTERS;
            real *d = dw + (ptrdiff_t)group*GROUP_FILTERS*FILTER + ky*ROW + tap*GROUP_CHANNELS;
            for (int n = 0; n < RUN_VECTORS; n += NV) { /* @tail COLUMNS */
                for (int f = 0; f < GROUP_FILTERS; f += MH) /* @tail ROWS */
                    TILE(p + n*X_VECTOR, q + f, d + (ptrdiff_t)f*FILTER + n*VL,
                         d + (ptrdiff_t)(f + MH)*FILTER + n*VL, images, call++, next_x,
                         next_dy, next_y);
            }
        }
}

/* Gradients of an image's rows, masked by the ReLU, a gap after each pixel: places a power of two
** apart would fall into few of the cache's sets. */
static inline void PUT(const real *dy, const real *y, real *to)
{
    enum { /* @sizes */ BAND = 4, OW = 16, C = 16, DY_ROW = 256, Y_ROW = 256, G_PIXEL = 32 };
#if !RELU
    (void)y;
#endif
    for (int r = 0; r < BAND; r++)
        for (int p = 0; p < OW; p++, to += G_PIXEL) {
            for (int c = 0; c < C; c += VL) { /* @tail */
                vec v = v_load(dy + r*DY_ROW + p*C + c);
#if RELU
                v = v_select(v_gt(v_load(y + r*Y_ROW + p*C + c), v_zero()), v, v_zero());
#endif
                v_store(to + c, v);
            }
        }
}

#if BIAS
static inline void ADD_BIAS(const real *g, real *db, int images)
{
    enum { /* @sizes */ CO = 16, SUMS = 2, BAND = 4, OW = 16, G_IMAGE = 4096,
           G_PIXEL = 32 };
    for (int c = 0; c < CO; c += SUMS*VL) { /* @tail */
        vec sum[SUMS];
        UNROLL for (int n = 0; n < SUMS; n++)
            sum[n] = v_load(db + c + n*VL);
        for (int image = 0; image < images; image++)
            for (int p = 0; p < BAND*OW; p++) {
                const real *q = g + (ptrdiff_t)image*G_IMAGE + p*G_PIXEL + c;
                UNROLL for (int n = 0; n < SUMS; n++)
                    sum[n] = v_add(sum[n], v_load(q + n*VL));
            }
        UNROLL for (int n = 0; n < SUMS; n++)
            v_store(db + c + n*VL, sum[n]);
    }
}
#endif

#if COPIED
/* Inputs, [NV vectors or those that are left][pixel][VL]. */
static inline void COPY(const real *x, real *to, int images)
{
    enum { /* @sizes */ WHOLE_VECTORS = 3, REST = 1, NV = 3, X_VECTOR = 16, BAND = 4,
           OW = 16, X_IMAGE = 18496, X_DOWN = 544, X_PIXEL = 16 };
    int pixel = 0;
    for (int image = 0; image < images; image++)
        for (int r = 0; r < BAND; r++)
            for (int c = 0; c < OW; c++, pixel++) {
                const real *p = x + (ptrdiff_t)image*X_IMAGE + r*X_DOWN + c*X_PIXEL;
                for (int v = 0; v < WHOLE_VECTORS; v += NV) {
                    UNROLL for (int n = 0; n < NV; n++)
                        v_store(to + v*X_VECTOR + (pixel*NV + n)*VL, v_load(p + (v + n)*VL));
                }
                UNROLL for (int n = 0; n < REST; n++)
                    v_store(to + WHOLE_VECTORS*X_VECTOR + (pixel*REST + n)*VL,
                            v_load(p + (WHOLE_VECTORS + n)*VL));
            }
}
#endif

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 18496, X_BAND = 1088, DY = 0, DY_IMAGE = 4096,
           DY_ROW = 256, Y = 0, Y_IMAGE = 4096, Y_ROW = 256, PARTIALS = 0, GROUP_SIZE = 2320,
           CO = 16, KH = 3, ROW = 48, OH = 16, BAND = 4, IMAGES = 1, G_IMAGE = 1024,
           X_CHUNK = 4352, DY_CHUNK = 1024, Y_CHUNK = 1024, SCRATCH = 0, SCRATCH_SIZE = 1024,
           WINDOWS_AT = 0, GROUP_COUNT = 1, GROUP_FILTERS = 16 };
    enum { ALL_FILTERS = CO*KH*ROW };
    const struct group_part p = group_part(item, items, s->n, GROUP_COUNT*KH);
    const int first = p.first, last = p.last;
    real *dw = s->arena + PARTIALS + (size_t)p.group*GROUP_SIZE;
    real *scratch = s->arena + SCRATCH + (size_t)thread*SCRATCH_SIZE;
    for (int row = p.low; row < p.high; row++)
        for (int f = 0; f < GROUP_FILTERS; f++)
            for (int k = 0; k < ROW; k++)
                dw[((ptrdiff_t)(row / KH*GROUP_FILTERS + f)*KH + row % KH)*ROW + k] = 0;
    for (int k = 0; p.part == 0 && k < CO; k++)
        dw[ALL_FILTERS + k] = 0;
    for (int image = first; image < last; image += IMAGES)
        for (int row = 0; row < OH; row += BAND) {
            const int images = last - image < IMAGES ? last - image : IMAGES;
            const real *x = s->arena + X + (size_t)image*X_IMAGE + (ptrdiff_t)row*X_BAND;
            const real *dy = s->arena + DY + (size_t)image*DY_IMAGE + (ptrdiff_t)row*DY_ROW;
            const real *y = s->arena + Y + (size_t)image*Y_IMAGE + (ptrdiff_t)row*Y_ROW;
            const real *in = x;
            real *g = scratch + WINDOWS_AT;
            for (int k = 0; k < images; k++)
                PUT(dy + (ptrdiff_t)k*DY_IMAGE, y + (ptrdiff_t)k*Y_IMAGE,
                    g + (ptrdiff_t)k*G_IMAGE);
#if COPIED
            enum { /* @sizes */ COPIED_AT = 0 };
            COPY(x, scratch + COPIED_AT, images);
            in = scratch + COPIED_AT;
#endif
            ADD(in, g, dw, images, x + X_CHUNK, dy + DY_CHUNK, y + Y_CHUNK, p.low, p.high);
#if BIAS
            if (p.part == 0)
                ADD_BIAS(g, dw + ALL_FILTERS, images);
#endif
        }
}

#include "vector/undef.h"
