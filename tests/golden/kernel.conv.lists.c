/* conv2: nonzero output gradients by filter
** templates/conv/lists.c, avx2 f32 */
static inline void conv2__lists(const real *dy /* [H][W][C] */, const real *y,
                                const unsigned char *argmax, struct entry *entries /* [C][SPACE] */,
                                int *count /* [C] */, real *db /* [C] */, int from, int to)
{
    enum { W = 4, C = 16, Y_ROW = 64, Y_PIXEL = 16, STEP_Y = 160, STEP_X = 16, SPACE = 24 };
    enum { PH = 2, PW = 2, WINDOW_Y = 80, WINDOW_X = 8 };
    int32_t window[PH*PW];      /* the argmax's pixel, from the window's first */
    window[0] = 0*WINDOW_Y;
    window[1] = 0*WINDOW_Y + WINDOW_X;
    window[PW] = 1*WINDOW_Y;
    window[PW + 1] = 1*WINDOW_Y + WINDOW_X;
    for (int c = 0; c < C; c++)
        count[c] = 0;
    for (int r = from; r < to; r++)
        for (int p = 0; p < W; p++) {
            const real *g = dy + (r*W + p)*C;
            real value[C];
            relu_gradient(g, y + r*Y_ROW + p*Y_PIXEL, value, C);
            const unsigned char *k = argmax + (r*W + p)*C;
            add_values(db, value, C);
            int32_t corner = r*STEP_Y + p*STEP_X;
            for (int c = 0; c < C; c++) {
                struct entry e = { corner, value[c] };
                e.at += window[k[c]];
                /* Always written, counted only if not zero: no branch to mispredict. */
                entries[c*SPACE + count[c]] = e;
                count[c] += is_nonzero(e.value);
            }
        }
}

