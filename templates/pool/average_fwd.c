/*
** pool/average_fwd.c - the mean of each window, its values added in raster order.
*/
#include "vector/template.h"

#define NAME avgpool_fwd     /* @name */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 17408, X_ROW = 544, Y = 0, Y_IMAGE = 4352, Y_ROW = 272,
           OH = 16, OW = 16, C = 17, PH = 2, PW = 2, STEP_Y = 2, STEP_X = 2 };
    (void)thread;
    int parts = items / s->n, image = item / parts, part = item % parts;
    const real *x = s->arena + X + (size_t)image*X_IMAGE;
    real *y = s->arena + Y + (size_t)image*Y_IMAGE;
    const vec share = v_set1(1 / (real)(PH*PW));
    int last = part_start(part + 1, parts, OH);
    for (int r = part_start(part, parts, OH); r < last; r++)
        for (int p = 0; p < OW; p++) {
            const real *window = x + r*STEP_Y*X_ROW + p*STEP_X*C;
            real *to = y + r*Y_ROW + p*C;
            for (int c = 0; c < C; c += VL) { /* @tail */
                vec sum = v_zero();
                for (int i = 0; i < PH; i++) {
                    UNROLL for (int j = 0; j < PW; j++)
                        sum = v_add(sum, v_load(window + c + i*X_ROW + j*C));
                }
                v_store(to + c, v_mul(sum, share));
            }
        }
}

#include "vector/undef.h"
