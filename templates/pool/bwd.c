/*
** pool/bwd.c - the gradient of a max-pool that runs alone. Windows may overlap:
** a position takes its gradients in raster order of the windows.
*/
#include "vector/template.h"

#define NAME pool_bwd        /* @name */
#define RELU 1               /* @flag */
#define BEYOND 1             /* @flag */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ OH = 16, OW = 16, C = 17, PH = 2, PW = 2, STEP_Y = 2, STEP_X = 2,
           X_W = 32, X_SIZE = 17408, Y = 0, Y_IMAGE = 4352, Y_ROW = 272, Y_PIXEL = 17, DY = 0,
           DY_IMAGE = 4352, DX = 0, DX_IMAGE = 17408, ARGMAX = 0, ARGMAX_IMAGE = 4352,
           TOP = 1, LEFT = 1, IN_H = 32, IN_W = 32 };
    (void)items;
    (void)thread;
    const real *dy = s->arena + DY + (size_t)item*DY_IMAGE;
    const unsigned char *argmax = (const unsigned char *)(s->arena + ARGMAX)
                                  + (size_t)item*ARGMAX_IMAGE;
#if RELU
    const real *y = s->arena + Y + (size_t)item*Y_IMAGE;
#endif
    real *dx = s->arena + DX + (size_t)item*DX_IMAGE;
    for (int k = 0; k < X_SIZE; k++)
        dx[k] = 0;
    for (int r = 0; r < OH; r++)
        for (int p = 0; p < OW; p++) {
            const int at = (r*OW + p)*C;
#if BEYOND
            const int top = r*STEP_Y - TOP, left = p*STEP_X - LEFT;
#else
            const int top = r*STEP_Y, left = p*STEP_X;
#endif
            real *window = dx + (top*X_W + left)*C;
            for (int c = 0; c < C; c += VL) { /* @tail */
                vec v = v_load(dy + at + c), index = v_load_u8(argmax + at + c);
#if RELU
                v = v_select(v_gt(v_load(y + r*Y_ROW + p*Y_PIXEL + c), v_zero()), v, v_zero());
#endif
                UNROLL for (int i = 0; i < PH; i++)
                    UNROLL for (int j = 0; j < PW; j++) {
                        real *q = window + (i*X_W + j)*C + c;
                        vec g = v_select(v_eq(index, v_set1(i*PW + j)), v, v_zero());
#if BEYOND
                        if (top + i >= 0 && top + i < IN_H && left + j >= 0 && left + j < IN_W)
#endif
                            v_store(q, v_add(v_load(q), g));
                    }
            }
        }
}

#include "vector/undef.h"
