/*
** pool/average_bwd.c - the gradient of avgpool: each window's share to each of its positions.
** Windows may overlap: a position takes its gradients in raster order of the windows. BEYOND: see
** pool/average_fwd.c.
*/
#include "vector/template.h"
#include "pool/share.c"

#define NAME avgpool_bwd     /* @name */
#define SHARE_OF avgpool_share   /* @name */
#define BEYOND 1             /* @flag */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ OH = 16, OW = 16, C = 17, PH = 2, PW = 2, STEP_Y = 2, STEP_X = 2,
           X_W = 32, X_SIZE = 17408, DY = 0, DY_IMAGE = 4352, DX = 0, DX_IMAGE = 17408,
           TOP = 1, LEFT = 1, IN_H = 32, IN_W = 32 };
    (void)items;
    (void)thread;
    const real *dy = s->arena + DY + (size_t)item*DY_IMAGE;
    real *dx = s->arena + DX + (size_t)item*DX_IMAGE;
#if !BEYOND
    const vec share = v_set1(1 / (real)(PH*PW));
#endif
    for (int k = 0; k < X_SIZE; k++)
        dx[k] = 0;
    for (int r = 0; r < OH; r++)
        for (int p = 0; p < OW; p++) {
            const real *from = dy + (r*OW + p)*C;
#if BEYOND
            const int top = r*STEP_Y - TOP, left = p*STEP_X - LEFT;
            const vec share = SHARE_OF(top, left);
#else
            const int top = r*STEP_Y, left = p*STEP_X;
#endif
            real *window = dx + (top*X_W + left)*C;
            for (int c = 0; c < C; c += VL) { /* @tail */
                vec g = v_mul(v_load(from + c), share);
                for (int i = 0; i < PH; i++) {
                    UNROLL for (int j = 0; j < PW; j++) {
                        real *q = window + (i*X_W + j)*C + c;
#if BEYOND
                        if (top + i >= 0 && top + i < IN_H && left + j >= 0 && left + j < IN_W)
#endif
                            v_store(q, v_add(v_load(q), g));
                    }
                }
            }
        }
}

#include "vector/undef.h"
