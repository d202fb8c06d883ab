/*
** pool/rows.c - rows FROM .. TO of a max-pool that runs alone: its windows overlap, or no
** convolution stands before it.
*/
#include "vector/template.h"
#include "pool/row.c"
#include "pool/padded_row.c"

#define NAME pool_rows       /* @name */
#define POOL_ROW pool_row    /* @name */
#define PADDED_ROW pool_padded_row   /* @name */
#define BEYOND 1             /* @flag */
#define KEEPS_ARGMAX 1       /* @flag */

static inline void NAME(const real *x, real *y /* row FROM */, unsigned char *argmax /* the same */,
                        int from, int to)
{
    enum { /* @sizes */ POOL_DOWN = 1088, Y_ROW = 272, ARGMAX_ROW = 272, PH = 2, STEP_Y = 2,
           X_ROW = 544, C = 17, TOP = 1, LEFT = 1, IN_H = 32 };
    for (int r = from; r < to; r++) {
#if BEYOND
        const int top = r*STEP_Y - TOP;
        PADDED_ROW(x + (ptrdiff_t)top*X_ROW - LEFT*C, y, argmax, top < 0 ? -top : 0,
                   IN_H - top < PH ? IN_H - top : PH);
#else
        POOL_ROW(x + (ptrdiff_t)r*POOL_DOWN, y, argmax);
#endif
        y += Y_ROW;
#if KEEPS_ARGMAX
        argmax += ARGMAX_ROW;
#endif
    }
}

#include "vector/undef.h"
