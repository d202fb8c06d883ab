/* conv3: nonzero output gradients by filter
** templates/conv/lists.c, avx2 f32 */
static inline void conv3__lists(const real *dy /* OH rows of [OW][C] */, const real *y,
                                const unsigned char *argmax, struct entry *entries /* [C][SPACE] */,
                                int *count /* [C] */, real *db /* [C] */, int from, int to)
{
    enum { OW = 2, C = 100, DY_ROW = 200, Y_ROW = 200, Y_PIXEL = 100, WINDOW_DOWN = 480,
           WINDOW_ACROSS = 80, SPACE = 8 };
    enum { PH = 2, PW = 2, IN_WINDOW_DOWN = 240, IN_WINDOW_ACROSS = 40 };
    int32_t window[PH*PW];      /* the argmax's pixel, from the window's first */
    window[0] = 0*IN_WINDOW_DOWN;
    window[1] = 0*IN_WINDOW_DOWN + IN_WINDOW_ACROSS;
    window[PW] = 1*IN_WINDOW_DOWN;
    window[PW + 1] = 1*IN_WINDOW_DOWN + IN_WINDOW_ACROSS;
    for (int c = 0; c < C; c++)
        count[c] = 0;
    for (int r = from; r < to; r++)
        for (int p = 0; p < OW; p++) {
            const real *g = dy + r*DY_ROW + p*C;
            real value[C];
            relu_gradient(g, y + r*Y_ROW + p*Y_PIXEL, value, C);
            const unsigned char *k = argmax + (r*OW + p)*C;
            add_values(db, value, C);
            int32_t corner = r*WINDOW_DOWN + p*WINDOW_ACROSS;
            for (int c = 0; c < C; c++) {
                struct entry e = { corner, value[c] };
                e.at += window[k[c]];
                /* Always written, counted only if not zero: no branch to mispredict. */
                entries[c*SPACE + count[c]] = e;
                count[c] += is_nonzero(e.value);
            }
        }
}

