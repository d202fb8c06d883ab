/*
** norm_statistics.c - mean and sum of squared deviations of one image's channels, by
** sums of differences from the image's first pixel: E[x*x] - E[x]^2 would lose
** everything where the mean is large. norm_merge.c puts the images together.
*/
#include "template.h"

#define NAME norm_statistics     /* @name */
#define PARTIAL 1            /* @flag */
#define WHOLE_VECTORS 1      /* @flag */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 17408, X_ROW = 544, H = 32, W = 32, C = 17, NV = 1,
           PART = 1, MOMENTS = 0, COUNT = 32 };
    enum { WHOLE = C / VL * VL };
    (void)items;
    (void)thread;
    if (s->mode == MODE_EVAL)
        return;
    const real *x = s->arena + X + (size_t)item*X_IMAGE;
    real *mean = s->arena + MOMENTS + (size_t)item*2*COUNT, *deviation = mean + COUNT;
    const vec share = v_set1(1 / (real)(H*W));
#if WHOLE_VECTORS
    for (int c = 0; c < WHOLE; c += NV*VL) {
        vec first[NV], sum[NV], squares[NV];
        UNROLL for (int n = 0; n < NV; n++) {
            first[n] = v_load(x + c + n*VL);
            sum[n] = squares[n] = v_zero();
        }
        for (int r = 0; r < H; r++)
            for (int p = 0; p < W; p++) {
                UNROLL for (int n = 0; n < NV; n++) {
                    vec d = v_sub(v_load(x + r*X_ROW + p*C + c + n*VL), first[n]);
                    sum[n] = v_add(sum[n], d);
                    squares[n] = v_fma(d, d, squares[n]);
                }
            }
        UNROLL for (int n = 0; n < NV; n++) {
            vec m = v_mul(sum[n], share);
            v_store(mean + c + n*VL, v_add(first[n], m));
            v_store(deviation + c + n*VL, v_fma(v_sub(v_zero(), sum[n]), m, squares[n]));
        }
    }
#endif
#if PARTIAL
    vec first = v_load_part(x + WHOLE, PART), sum = v_zero(), squares = v_zero();
    for (int r = 0; r < H; r++)
        for (int p = 0; p < W; p++) {
            vec d = v_sub(v_load_part(x + r*X_ROW + p*C + WHOLE, PART), first);
            sum = v_add(sum, d);
            squares = v_fma(d, d, squares);
        }
    vec m = v_mul(sum, share);
    v_store_part(mean + WHOLE, v_add(first, m), PART);
    v_store_part(deviation + WHOLE, v_fma(v_sub(v_zero(), sum), m, squares), PART);
#endif
}

#include "undef.h"
