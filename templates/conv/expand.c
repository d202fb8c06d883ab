/*
** conv/expand.c - the gradient of a stage's output, un-pooled and masked by its
** ReLU, into a haloed map of one image in scratch: what the data gradient reads. THROUGH: it is
** the gradient of the batchnorm after the stage, and goes through that, whose input is y.
** Positions that no window covers, and the halo, are zero from the start and are never written.
*/
#include "vector/template.h"
#include "norm/through.c"

#define NAME conv_expand       /* @name */
#define PASS_BACK norm_through /* @name */
#define POOL 1                 /* @flag */
#define RELU 1                 /* @flag */
#define THROUGH 0              /* @flag */

static inline void NAME(const real *dy /* OH rows of [OW][C] */, const real *y,
                        const unsigned char *argmax, const real *mean /* the norm's */,
                        real *out /* haloed */)
{
    enum { /* @sizes */ OH = 16, OW = 16, C = 17, DY_ROW = 272, Y_ROW = 256, Y_PIXEL = 17, PH = 2,
           PW = 2, STEP_Y = 2, STEP_X = 2, OUT_ROW = 544 };
#if !POOL
    (void)argmax;
#endif
    (void)y;
    (void)mean;
    for (int r = 0; r < OH; r++)
        for (int p = 0; p < OW; p++) {
            const real *g = dy + r*DY_ROW + p*C;
            real *q = out + r*STEP_Y*OUT_ROW + p*STEP_X*C;
            for (int c = 0; c < C; c += VL) { /* @tail */
                vec v = v_load(g + c);
#if RELU
                v = v_select(v_gt(v_load(y + r*Y_ROW + p*Y_PIXEL + c), v_zero()), v, v_zero());
#endif
#if POOL
                const vec index = v_load_u8(argmax + (r*OW + p)*C + c);
#endif
                UNROLL for (int i = 0; i < PH; i++)
                    UNROLL for (int j = 0; j < PW; j++) {
#if POOL
                        vec one = v_select(v_eq(index, v_set1(i*PW + j)), v, v_zero());
#else
                        vec one = v;
#endif
#if THROUGH
                        one = PASS_BACK(one, v_load(y + (r*PH + i)*Y_ROW + (p*PW + j)*Y_PIXEL
                                                    + c), v_zero(), mean + c);
#endif
                        v_store(q + i*OUT_ROW + j*C + c, one);
                    }
            }
        }
}

#include "vector/undef.h"
