/*
** norm/gather.c - mean and sum of squared deviations of some rows' channels, by sums of
** differences from the first pixel: E[x*x] - E[x]^2 would lose everything where the mean
** is large. norm/merge.c puts the rows and the images together. Even and odd columns have
** sums of their own: one chain of additions would wait for itself.
*/
#include "vector/template.h"

#define NAME norm_gather     /* @name */
#define ODD 1                /* @flag */

static inline void NAME(const real *x /* OH rows */, real *mean /* then the deviations */)
{
    enum { /* @sizes */ X_ROW = 544, OH = 32, OW = 32, C = 17, NV = 1, COUNT = 32 };
    real *deviation = mean + COUNT;
    const vec share = v_set1(1 / (real)(OH*OW));
    for (int c = 0; c < C; c += NV*VL) { /* @tail */
        vec first[NV], sum[2][NV], squares[2][NV];
        UNROLL for (int n = 0; n < NV; n++) {
            first[n] = v_load(x + c + n*VL);
            sum[0][n] = sum[1][n] = squares[0][n] = squares[1][n] = v_zero();
        }
        for (int r = 0; r < OH; r++) {
            const real *row = x + r*X_ROW + c;
            for (int p = 0; p < OW - 1; p += 2) {
                UNROLL for (int k = 0; k < 2; k++)
                    UNROLL for (int n = 0; n < NV; n++) {
                        vec d = v_sub(v_load(row + (p + k)*C + n*VL), first[n]);
                        sum[k][n] = v_add(sum[k][n], d);
                        squares[k][n] = v_fma(d, d, squares[k][n]);
                    }
            }
#if ODD
            UNROLL for (int n = 0; n < NV; n++) {
                vec d = v_sub(v_load(row + (OW - 1)*C + n*VL), first[n]);
                sum[0][n] = v_add(sum[0][n], d);
                squares[0][n] = v_fma(d, d, squares[0][n]);
            }
#endif
        }
        UNROLL for (int n = 0; n < NV; n++) {
            vec all = v_add(sum[0][n], sum[1][n]), m = v_mul(all, share);
            v_store(mean + c + n*VL, v_add(first[n], m));
            v_store(deviation + c + n*VL,
                    v_fma(v_sub(v_zero(), all), m, v_add(squares[0][n], squares[1][n])));
        }
    }
}

#include "vector/undef.h"
