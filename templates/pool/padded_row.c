/*
** pool/padded_row.c - one output row of a max-pool with padding, which never is the largest: of
** rows FROM .. TO of the windows, those inside the map, and of each window's columns likewise.
*/
#include "vector/template.h"

#define NAME pool_padded_row /* @name */
#define KEEPS_ARGMAX 1       /* @flag */

static inline void NAME(const real *x /* PH rows, the first window's first column */, real *y,
                        unsigned char *argmax, int from, int to)
{
    enum { /* @sizes */ OW = 16, C = 17, PH = 2, PW = 2, STEP_X = 2, X_ROW = 544, X_PIXEL = 17,
           LEFT = 1, IN_W = 32, Y_PIXEL = 17 };
    (void)argmax;
    for (int p = 0; p < OW; p++) {
        const int left = p*STEP_X - LEFT, begin = left < 0 ? -left : 0;
        const int end = IN_W - left < PW ? IN_W - left : PW;
        const real *window = x + (ptrdiff_t)p*STEP_X*X_PIXEL;
        const real *first = window + from*X_ROW + begin*X_PIXEL;
        for (int c = 0; c < C; c += VL) { /* @tail */
            vec best = v_load(first + c);
#if KEEPS_ARGMAX
            vec index = v_set1((real)(from*PW + begin));
#endif
            for (int i = from; i < to; i++) {
                for (int j = begin; j < end; j++) {
                    vec v = v_load(window + c + i*X_ROW + j*X_PIXEL);
#if KEEPS_ARGMAX
                    index = v_select(v_gt(v, best), v_set1((real)(i*PW + j)), index);
#endif
                    best = v_max(v, best);
                }
            }
            /* @epilogue best */
            v_store(y + p*Y_PIXEL + c, best);
#if KEEPS_ARGMAX
            v_store_u8(argmax + p*C + c, index);
#endif
        }
    }
}

#include "vector/undef.h"
