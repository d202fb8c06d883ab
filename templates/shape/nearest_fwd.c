/*
** shape/nearest_fwd.c - UP_H times as many rows and UP_W times as many columns: each value again
** and again.
*/
#include "vector/template.h"

#define NAME nearest_fwd     /* @name */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 4352, X_ROW = 272, IN_W = 16, Y = 0, Y_IMAGE = 17408,
           Y_ROW = 544, OH = 32, C = 17, UP_H = 2, UP_W = 2 };
    (void)thread;
    int parts = items / s->n, image = item / parts, part = item % parts;
    const real *x = s->arena + X + (size_t)image*X_IMAGE;
    real *y = s->arena + Y + (size_t)image*Y_IMAGE;
    int last = part_start(part + 1, parts, OH);
    for (int r = part_start(part, parts, OH); r < last; r++)
        for (int p = 0; p < IN_W; p++) {
            const real *from = x + r / UP_H*X_ROW + p*C;
            real *to = y + r*Y_ROW + p*UP_W*C;
            for (int c = 0; c < C; c += VL) { /* @tail */
                vec v = v_load(from + c);
                UNROLL for (int j = 0; j < UP_W; j++)
                    v_store(to + j*C + c, v);
            }
        }
}

#include "vector/undef.h"
