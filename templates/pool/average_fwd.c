/*
** pool/average_fwd.c - the mean of each window, its values added in raster order. BEYOND: of
** those inside the map; what is counted may reach beyond it.
*/
#include "vector/template.h"
#include "pool/share.c"

#define NAME avgpool_fwd     /* @name */
#define SHARE_OF avgpool_share   /* @name */
#define BEYOND 1             /* @flag */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 17408, X_ROW = 544, Y = 0, Y_IMAGE = 4352, Y_ROW = 272,
           OH = 16, OW = 16, C = 17, PH = 2, PW = 2, STEP_Y = 2, STEP_X = 2,
           TOP = 1, LEFT = 1, IN_H = 32, IN_W = 32 };
    (void)thread;
    int parts = items / s->n, image = item / parts, part = item % parts;
    const real *x = s->arena + X + (size_t)image*X_IMAGE;
    real *y = s->arena + Y + (size_t)image*Y_IMAGE;
#if !BEYOND
    const vec share = v_set1(1 / (real)(PH*PW));
#endif
    int last = part_start(part + 1, parts, OH);
    for (int r = part_start(part, parts, OH); r < last; r++)
        for (int p = 0; p < OW; p++) {
#if BEYOND
            const int top = r*STEP_Y - TOP, left = p*STEP_X - LEFT;
            const vec share = SHARE_OF(top, left);
#else
            const int top = r*STEP_Y, left = p*STEP_X;
#endif
            const real *window = x + (ptrdiff_t)top*X_ROW + (ptrdiff_t)left*C;
            real *to = y + r*Y_ROW + p*C;
            for (int c = 0; c < C; c += VL) { /* @tail */
                vec sum = v_zero();
                for (int i = 0; i < PH; i++) {
                    UNROLL for (int j = 0; j < PW; j++)
#if BEYOND
                        if (top + i >= 0 && top + i < IN_H && left + j >= 0 && left + j < IN_W)
#endif
                            sum = v_add(sum, v_load(window + c + i*X_ROW + j*C));
                }
                v_store(to + c, v_mul(sum, share));
            }
        }
}

#include "vector/undef.h"
