/*
** shape/bilinear_rows.c - rows FROM .. TO of a map with UP_H times as many rows and UP_W times as
** many columns: of the four inputs around a point the mean by how near they are, first along the
** rows. Beyond the edge the outermost values go on.
*/
#include "vector/template.h"

#define NAME bilinear_rows   /* @name */

static inline void NAME(const real *x, real *y /* row FROM */, int from, int to)
{
    enum { /* @sizes */ X_ROW = 272, IN_H = 16, IN_W = 16, Y_ROW = 544, OW = 32, C = 17, UP_H = 2,
           UP_W = 2 };
    for (int r = from; r < to; r++) {
        const int top = nearness_first(r, UP_H, IN_H), down = top + 1 < IN_H ? X_ROW : 0;
        const vec above = v_set1(nearness(r, top, UP_H, IN_H));
        const vec below = v_set1(nearness(r, top + 1, UP_H, IN_H));
        for (int p = 0; p < OW; p++) {
            const int left = nearness_first(p, UP_W, IN_W), across = left + 1 < IN_W ? C : 0;
            const vec before = v_set1(nearness(p, left, UP_W, IN_W));
            const vec after = v_set1(nearness(p, left + 1, UP_W, IN_W));
            const real *value = x + top*X_ROW + left*C;
            real *out = y + (r - from)*Y_ROW + p*C;
            for (int c = 0; c < C; c += VL) { /* @tail */
                vec t = v_mul(before, v_load(value + c));
                vec b = v_mul(before, v_load(value + down + c));
                t = v_fma(after, v_load(value + across + c), t);
                b = v_fma(after, v_load(value + down + across + c), b);
                v_store(out + c, v_fma(below, b, v_mul(above, t)));
            }
        }
    }
}

#include "vector/undef.h"
