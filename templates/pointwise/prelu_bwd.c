/*
** pointwise/prelu_bwd.c - the gradient of PReLU for one image: of its input, and of the slopes
** this image's part, summed in raster order. At 0 both are those from below, as in PyTorch.
*/
#include "vector/template.h"

#define NAME prelu_bwd       /* @name */
#define HAS_DX 1             /* @flag */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 3072, X_ROW = 96, DY = 0, DY_IMAGE = 3072, OH = 32,
           OW = 32, C = 3, MOMENTS = 0, COUNT = 16 };
#if HAS_DX
    enum { /* @sizes */ DX = 0, DX_IMAGE = 3072, W = 0 };
    const real *slope = s->arena + W;
    real *dx = s->arena + DX + (size_t)item*DX_IMAGE;
#endif
    (void)items;
    (void)thread;
    const real *x = s->arena + X + (size_t)item*X_IMAGE;
    const real *dy = s->arena + DY + (size_t)item*DY_IMAGE;
    real *sum = s->arena + MOMENTS + (size_t)item*COUNT;
    for (int c = 0; c < COUNT; c++)
        sum[c] = 0;
    for (int r = 0; r < OH; r++)
        for (int p = 0; p < OW; p++) {
            const int at = (r*OW + p)*C;
            for (int c = 0; c < C; c += VL) { /* @tail */
                const vec v = v_load(x + r*X_ROW + p*C + c), g = v_load(dy + at + c);
                const vec old = v_load(sum + c);
                const vmask above = v_gt(v, v_zero());
                v_store(sum + c, v_select(above, old, v_fma(g, v, old)));
#if HAS_DX
                v_store(dx + at + c, v_select(above, g, v_mul(g, v_load(slope + c))));
#endif
            }
        }
}

#include "vector/undef.h"
