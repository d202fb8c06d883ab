/* 3 channels, each by itself, 3x3 taps, rows of 11
** templates/depth/rows.c, avx2 f32 */
static inline void conv1__fwd_rows(const real *x /* haloed NHWC */,
                                   const real *w /* [panel][tap][VL] */, const real *bias,
                                   real *y /* NHWC */, int from, int to, const real *next_dy,
                                   const real *next_out)
{
    (void)next_dy;
    (void)next_out;
    enum { OW = 11, MH = 1, MW = 11, X_DOWN = 39, X_PIXEL = 3, Y_ROW = 39, Y_PIXEL = 3 };
    for (int r = from; r < to; r += MH) {
        const real *p = x + (ptrdiff_t)r*X_DOWN;
        real *q = y + (ptrdiff_t)r*Y_ROW;
        {
            const real *panel = w, *start = bias ? bias : NULL;
            for (int c = 0; c < OW; c += MW)
                conv1__fwd_tile_last(p + c*X_PIXEL, panel, start, q + c*Y_PIXEL);
        }
    }
}

