/* 3 channels to 8, 3x3 taps, rows of 8
** templates/conv/rows.c, avx2 f32
** All panels of one group. */
static inline void conv1__fwd_panels(const real *x /* haloed NHWC */, const real *w /* panels */,
                                     const real *bias, real *y /* NHWC */, int from, int to,
                                     const real *next_x, const real *next_out, const real *next_y)
{
    enum { OW = 8, MH = 1, MW = 8, CO = 8, BLOCK = 8, STEPS = 27, X_DOWN = 30, X_PIXEL = 3,
           Y_ROW = 80, Y_PIXEL = 8, X_SHARE = 32, Y_SHARE = 80 };
    enum { LINE = 64 / sizeof(real) };
    (void)next_out;
    for (int n = 0; n < CO; n += BLOCK) {
        const real *panel = w + n*STEPS, *start = bias ? bias + n : NULL;
        for (int r = from; r < to; r += MH) {
            const real *p = x + (ptrdiff_t)r*X_DOWN;
            real *q = y + (ptrdiff_t)r*Y_ROW + n;
            for (int c = 0; c < OW; c += MW) {
                for (int k = 0; k < X_SHARE; k += LINE)
                    v_prefetch(next_x + k);
                next_x += X_SHARE;
                for (int k = 0; k < Y_SHARE; k += LINE)
                    v_prefetch(next_y + k);
                next_y += Y_SHARE;
                conv1__fwd_tile(p + c*X_PIXEL, panel, start, q + c*Y_PIXEL);
            }
        }
    }
}

/* next_dy, next_out: of a data gradient, what its next image is expanded from. */
static inline void conv1__fwd_rows(const real *x, const real *w, const real *bias, real *y,
                                   int from, int to, const real *next_dy, const real *next_out)
{
    enum { STRIP = 8, X_DOWN = 30, X_AHEAD = 60, Y_ROW = 80, GROUP_COUNT = 1, CI = 3, CO = 8,
           GROUP_PANELS = 224, X_GROUP = 256, Y_GROUP = 640 };
    (void)next_dy;
    for (int r = from; r < to; r += STRIP) {
        const int end = r + STRIP < to ? r + STRIP : to;
        const real *next_x = x + (ptrdiff_t)(r + STRIP)*X_DOWN + X_AHEAD;
        const real *next_y = y + (ptrdiff_t)(r + STRIP)*Y_ROW;
        for (int g = 0; g < GROUP_COUNT; g++) {
            conv1__fwd_panels(x + g*CI, w + (ptrdiff_t)g*GROUP_PANELS, bias ? bias + g*CO : bias,
                              y + g*CO, r, end, next_x + g*X_GROUP, next_out, next_y + g*Y_GROUP);
        }
    }
}

