/*
** wino/pass.c - the transformed tiles of a pass, `rows` rows of them in each of some images,
** through panels LOW .. HIGH of filters, and back to outputs.
*/
#include "vector/template.h"
#include "wino/products.c"
#include "wino/outputs.c"

#define NAME wino_pass              /* @name */
#define PRODUCTS wino_products      /* @name */
#define PRODUCTS_LAST wino_products /* @name */
#define STORE wino_outputs          /* @name */
#define STORE_LAST wino_outputs     /* @name */
#define WHOLE_BLOCKS 1              /* @flag */
#define LAST_BLOCK 1                /* @flag */

static inline void NAME(const real *v, const real *w /* panels */, const real *bias, real *m,
                        real *y /* the pass's first row, NHWC */, unsigned char *argmax,
                        int images, int rows, int low, int high)
{
    enum { /* @sizes */ BLOCKS = 1, BLOCK = 32, PANEL_SIZE = 16384, PASS = 4, TILES_ACROSS = 16,
           LAST_WIDTH = 16, OUT_IMAGE = 4096, OUT_DOWN = 256, ARGMAX_IMAGE = 4096,
           ARGMAX_DOWN = 256 };
    const int tiles = ((images - 1)*PASS + rows)*TILES_ACROSS;
#if WHOLE_BLOCKS
    for (int b = low; b < high && b < BLOCKS; b++) {
        PRODUCTS(v, w + (ptrdiff_t)b*PANEL_SIZE, m, tiles);
        for (int i = 0; i < images; i++)
            for (int r = 0; r < rows; r++)
                STORE(m + (i*PASS + r)*TILES_ACROSS*BLOCK, bias + b*BLOCK,
                      y + (ptrdiff_t)i*OUT_IMAGE + (ptrdiff_t)r*OUT_DOWN + b*BLOCK,
                      argmax + (ptrdiff_t)i*ARGMAX_IMAGE + r*ARGMAX_DOWN + b*BLOCK);
    }
#endif
#if LAST_BLOCK
    if (low <= BLOCKS && BLOCKS < high) {
        PRODUCTS_LAST(v, w + (ptrdiff_t)BLOCKS*PANEL_SIZE, m, tiles);
        for (int i = 0; i < images; i++)
            for (int r = 0; r < rows; r++)
                STORE_LAST(m + (i*PASS + r)*TILES_ACROSS*LAST_WIDTH, bias + BLOCKS*BLOCK,
                           y + (ptrdiff_t)i*OUT_IMAGE + (ptrdiff_t)r*OUT_DOWN + BLOCKS*BLOCK,
                           argmax + (ptrdiff_t)i*ARGMAX_IMAGE + r*ARGMAX_DOWN + BLOCKS*BLOCK);
    }
#endif
}

#include "vector/undef.h"
