/*
** shape/bilinear_bwd.c - the gradient of what shape/bilinear_fwd.c takes means of: of each input
** the sum over the outputs around it, row by row.
*/
#include "vector/template.h"

#define NAME bilinear_bwd    /* @name */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ DY = 0, DY_IMAGE = 17408, OH = 32, OW = 32, C = 17, UP_H = 2, UP_W = 2,
           DX = 0, DX_IMAGE = 4352, IN_H = 16, IN_W = 16 };
    (void)items;
    (void)thread;
    const real *dy = s->arena + DY + (size_t)item*DY_IMAGE;
    real *dx = s->arena + DX + (size_t)item*DX_IMAGE;
    real down[2*UP_H], across[2*UP_W];      /* what this input counts in the outputs around it */
    for (int r = 0; r < IN_H; r++) {
        const int top = r ? r*UP_H - UP_H / 2 : 0;
        const int rows = (r + 1 < IN_H ? (r + 1)*UP_H + UP_H / 2 : OH) - top;
        for (int i = 0; i < rows; i++)
            down[i] = nearness(top + i, r, UP_H, IN_H);
        for (int p = 0; p < IN_W; p++) {
            const int left = p ? p*UP_W - UP_W / 2 : 0;
            const int columns = (p + 1 < IN_W ? (p + 1)*UP_W + UP_W / 2 : OW) - left;
            const real *from = dy + (top*OW + left)*C;
            real *to = dx + (r*IN_W + p)*C;
            for (int j = 0; j < columns; j++)
                across[j] = nearness(left + j, p, UP_W, IN_W);
            for (int c = 0; c < C; c += VL) { /* @tail */
                vec sum = v_zero();
                for (int i = 0; i < rows; i++) {
                    vec row = v_zero();
                    for (int j = 0; j < columns; j++)
                        row = v_fma(v_set1(across[j]), v_load(from + (i*OW + j)*C + c), row);
                    sum = v_fma(v_set1(down[i]), row, sum);
                }
                v_store(to + c, sum);
            }
        }
    }
}

#include "vector/undef.h"
