/*
** wino/pass.c - the transformed tiles of a pass, `rows` rows of them in each of some images,
** `whole` of these of whole tiles, through panels LOW .. HIGH of filters, and back to outputs.
*/
#include "vector/template.h"
#include "wino/products.c"
#include "wino/output.c"

#define NAME wino_pass              /* @name */
#define PRODUCTS wino_products      /* @name */
#define PRODUCTS_LAST wino_products /* @name */
#define STORE wino_output           /* @name */
#define STORE_LAST wino_output      /* @name */
#define WHOLE_BLOCKS 1              /* @flag */
#define LAST_BLOCK 1                /* @flag */

static inline void NAME(const real *v, const real *w /* panels */, const real *bias, real *m,
                        real *y /* the pass's first row, NHWC */, unsigned char *argmax,
                        int images, int rows, int whole, int low, int high,
                        const real *next, const real *other /* what the next pass reads */)
{
    enum { /* @sizes */ BLOCKS = 1, BLOCK = 32, PANEL_SIZE = 16384, OUT_IMAGE = 4096,
           ARGMAX_IMAGE = 4096, NEXT_SHARE = 8192, OTHER_SHARE = 2048 };
#if WHOLE_BLOCKS
    for (int b = low; b < high && b < BLOCKS; b++) {
        PRODUCTS(v, w + (ptrdiff_t)b*PANEL_SIZE, m, images*rows, images*whole,
                 next + b*NEXT_SHARE, other + b*OTHER_SHARE, y + b*BLOCK);
        for (int i = 0; i < images; i++)
            STORE(m, bias + b*BLOCK, y + (ptrdiff_t)i*OUT_IMAGE + b*BLOCK,
                  argmax + (ptrdiff_t)i*ARGMAX_IMAGE + b*BLOCK, rows, whole, i);
    }
#endif
#if LAST_BLOCK
    if (low <= BLOCKS && BLOCKS < high) {
        PRODUCTS_LAST(v, w + (ptrdiff_t)BLOCKS*PANEL_SIZE, m, images*rows, images*whole,
                      next + BLOCKS*NEXT_SHARE, other + BLOCKS*OTHER_SHARE, y + BLOCKS*BLOCK);
        for (int i = 0; i < images; i++)
            STORE_LAST(m, bias + BLOCKS*BLOCK, y + (ptrdiff_t)i*OUT_IMAGE + BLOCKS*BLOCK,
                       argmax + (ptrdiff_t)i*ARGMAX_IMAGE + BLOCKS*BLOCK, rows, whole, i);
    }
#endif
}

#include "vector/undef.h"
