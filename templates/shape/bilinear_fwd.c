/*
** shape/bilinear_fwd.c - UP_H times as many rows and UP_W times as many columns: of the four inputs
** around a point the mean by how near they are, first along the rows. Beyond the edge the outermost
** values go on.
*/
#include "vector/template.h"

#define NAME bilinear_fwd    /* @name */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 4352, X_ROW = 272, IN_H = 16, IN_W = 16, Y = 0,
           Y_IMAGE = 17408, Y_ROW = 544, OH = 32, OW = 32, C = 17, UP_H = 2, UP_W = 2 };
    (void)thread;
    int parts = items / s->n, image = item / parts, part = item % parts;
    const real *x = s->arena + X + (size_t)image*X_IMAGE;
    real *y = s->arena + Y + (size_t)image*Y_IMAGE;
    int last = part_start(part + 1, parts, OH);
    for (int r = part_start(part, parts, OH); r < last; r++) {
        const int top = nearness_first(r, UP_H, IN_H), down = top + 1 < IN_H ? X_ROW : 0;
        const vec above = v_set1(nearness(r, top, UP_H, IN_H));
        const vec below = v_set1(nearness(r, top + 1, UP_H, IN_H));
        for (int p = 0; p < OW; p++) {
            const int left = nearness_first(p, UP_W, IN_W), across = left + 1 < IN_W ? C : 0;
            const vec before = v_set1(nearness(p, left, UP_W, IN_W));
            const vec after = v_set1(nearness(p, left + 1, UP_W, IN_W));
            const real *from = x + top*X_ROW + left*C;
            real *to = y + r*Y_ROW + p*C;
            for (int c = 0; c < C; c += VL) { /* @tail */
                vec t = v_mul(before, v_load(from + c));
                vec b = v_mul(before, v_load(from + down + c));
                t = v_fma(after, v_load(from + across + c), t);
                b = v_fma(after, v_load(from + down + across + c), b);
                v_store(to + c, v_fma(below, b, v_mul(above, t)));
            }
        }
    }
}

#include "vector/undef.h"
