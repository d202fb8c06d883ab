/* 3 channels to 8, 3x3 taps, rows of 8
** templates/conv/rows.c, avx2 f32 */
static inline void conv1__fwd_rows(const real *x /* haloed NHWC */, const real *w /* panels */,
                                   const real *bias, real *y /* NHWC */, int from, int to)
{
    enum { OW = 8, MH = 1, MW = 8, CO = 8, BLOCK = 8, STEPS = 27, X_DOWN = 30, X_PIXEL = 3,
           Y_ROW = 80, Y_PIXEL = 8 };
    enum { ROWS_AHEAD = 1 };
    enum { LINE = 64 / sizeof(real) };
    for (int n = 0; n < CO; n += BLOCK) {
        const real *panel = w + n*STEPS, *start = bias ? bias + n : NULL;
        for (int r = from; r < to; r += MH) {
            const real *p = x + (ptrdiff_t)r*X_DOWN;
            real *q = y + (ptrdiff_t)r*Y_ROW + n;
            for (int c = 0; c < OW; c += MW) {
                for (int j = 0; j < MH*MW; j++)
                    for (int k = 0; k < BLOCK; k += LINE)
                        v_prefetch(q + (j/MW + ROWS_AHEAD)*Y_ROW + (c + j%MW)*Y_PIXEL + k);
                conv1__fwd_tile(p + c*X_PIXEL, panel, start, q + c*Y_PIXEL);
            }
        }
    }
}

