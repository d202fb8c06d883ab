/*
** wino/rows.c - rows FROM .. TO of tiles of one image by Winograd's minimal filtering, PASS of them
** at a time.
*/
#include "vector/template.h"
#include "wino/input.c"
#include "wino/pass.c"

#define NAME wino_rows       /* @name */
#define INPUT wino_input     /* @name */
#define RUN_PASS wino_pass   /* @name */

static inline void NAME(const real *x /* the first window of row FROM */, const real *w,
                        const real *bias, real *v, real *m, real *y, int from, int to)
{
    enum { /* @sizes */ X_STEP = 1088, OUT_DOWN = 256, WHOLE_DOWN = 8, PASS = 4, PANELS = 1 };
    for (int row = from; row < to; row += PASS) {
        const int rows = to - row < PASS ? to - row : PASS;
        const int whole = WHOLE_DOWN - row < rows ? WHOLE_DOWN - row : rows;
        INPUT(x, v, rows, whole, 0);
        RUN_PASS(v, w, bias, m, y, (unsigned char *)m, 1, rows, whole, 0, PANELS, v, v);
        x += (ptrdiff_t)rows*X_STEP;
        y += (ptrdiff_t)rows*OUT_DOWN;
    }
}

#include "vector/undef.h"
