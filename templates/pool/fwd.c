/*
** pool/fwd.c - a max-pool that runs alone: its windows overlap, or no
** convolution stands before it.
*/
#include "vector/template.h"
#include "pool/row.c"
#include "pool/padded_row.c"

#define NAME pool_fwd        /* @name */
#define POOL_ROW pool_row    /* @name */
#define PADDED_ROW pool_padded_row   /* @name */
#define BEYOND 1             /* @flag */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 17408, POOL_DOWN = 1088, Y = 0, Y_IMAGE = 4352,
           Y_ROW = 272, ARGMAX = 0, ARGMAX_IMAGE = 4352, ARGMAX_ROW = 272, OH = 16, PH = 2,
           STEP_Y = 2, X_ROW = 544, C = 17, TOP = 1, LEFT = 1, IN_H = 32 };
    (void)thread;
    int parts = items / s->n, image = item / parts, part = item % parts;
    const real *x = s->arena + X + (size_t)image*X_IMAGE;
    real *y = s->arena + Y + (size_t)image*Y_IMAGE;
    unsigned char *argmax = (unsigned char *)(s->arena + ARGMAX) + (size_t)image*ARGMAX_IMAGE;
    int last = part_start(part + 1, parts, OH);
#if BEYOND
    for (int r = part_start(part, parts, OH); r < last; r++) {
        const int top = r*STEP_Y - TOP;
        PADDED_ROW(x + (ptrdiff_t)top*X_ROW - LEFT*C, y + (size_t)r*Y_ROW,
                   argmax + (size_t)r*ARGMAX_ROW, top < 0 ? -top : 0,
                   IN_H - top < PH ? IN_H - top : PH);
    }
#else
    for (int r = part_start(part, parts, OH); r < last; r++)
        POOL_ROW(x + (size_t)r*POOL_DOWN, y + (size_t)r*Y_ROW, argmax + (size_t)r*ARGMAX_ROW);
#endif
}

#include "vector/undef.h"
