/* conv1 weight gradient: 0.0 MFLOP an image
** templates/conv/narrow.c, avx2 f32
** Adds the gradients of one band, of filters from low to high - 1; next_g, next_y: what is fetched
** for the next. */
static inline void conv1__weights_add(const real *x /* haloed */,
                                      const real *g /* [BAND][OW][WINDOW][CO] */,
                                      const real *next_g, const real *next_y,
                                      real *u /* [tap][U_TAP] */, int low, int high)
{
    enum { X_ROW = 30, CO = 8, KH = 3, COLUMNS = 9, MT = 9, NV = 1, U_TAP = 8, OW = 8,
           WINDOW = 1, BAND = 8, Y_BAND = 640 };
    enum { LINE = 64 / sizeof(real), PASSES = KH*(U_TAP / (NV*VL)) };
    int pass = 0;
    for (int c = low; c < high; c += NV*VL) {
        for (int ky = 0; ky < KH; ky++, pass++) {
            for (int k = pass*LINE; k < BAND*OW*CO; k += PASSES*LINE)
                v_prefetch(next_g + k);
            for (int k = pass*LINE; k < Y_BAND; k += PASSES*LINE)
                v_prefetch(next_y + k);
            for (int k = 0; k < COLUMNS; k += MT)
                conv1__wgrad_tile(x + ky*X_ROW + k, g + c, u + (ky*COLUMNS + k)*U_TAP + c);
        }
        {
            real *db = u + KH*COLUMNS*U_TAP + c;
            vec sum = v_load(db);
            for (int p = 0; p < BAND*OW*WINDOW; p++)
                sum = v_add(sum, v_load(g + p*CO + c));
            v_store(db, sum);
        }
    }
}

static void conv1__weights(const struct step *s, int item, int items, int thread)
{
    enum { X = input__at_x, X_IMAGE = 304, X_BAND = 30, Y = conv1__at_y + 88, Y_IMAGE = 800,
           Y_ROW = 80, DY = conv1__at_dy, DY_IMAGE = 512, DY_ROW = 64, COEFFICIENTS = 0,
           PARTIALS = conv1__at_partial, GROUP_SIZE = 400, KH = 3, COLUMNS = 9, U_TAP = 8,
           OH = 8, BAND = 8, SCRATCH = 85600, SCRATCH_SIZE = 9472,
           WINDOWS_AT = conv1__at_windows, TAP_SUMS_AT = conv1__at_tap_sums, NV = 1 };
    enum { PANELS = U_TAP / (NV*VL) };
    const struct group_part p = group_part(item, items, s->n, PANELS);
    const int low = p.low*NV*VL, high = p.high*NV*VL;
    real *scratch = s->arena + SCRATCH + (size_t)thread*SCRATCH_SIZE;
    real *u = scratch + TAP_SUMS_AT;
    real *dw = s->arena + PARTIALS + (size_t)p.group*GROUP_SIZE;
    for (int k = 0; k < (KH*COLUMNS + 1)*U_TAP; k++)
        u[k] = 0;
    for (int image = p.first; image < p.last; image++)
        for (int row = 0; row < OH; row += BAND) {
            const real *x = s->arena + X + (size_t)image*X_IMAGE + (ptrdiff_t)row*X_BAND;
            const real *y = s->arena + Y + (size_t)image*Y_IMAGE + (ptrdiff_t)row*Y_ROW;
            const real *dy = s->arena + DY + (size_t)image*DY_IMAGE + (ptrdiff_t)row*DY_ROW;
            const real *g = dy;
            const unsigned char *index = NULL;
            /* after it there is room for a whole tile */
            conv1__weights_expand(dy, y, index, s->arena + COEFFICIENTS, scratch + WINDOWS_AT);
            g = scratch + WINDOWS_AT;
            conv1__weights_add(x, g, dy + BAND*DY_ROW, y + BAND*Y_ROW, u, low, high);
        }
    conv1__weights_filters(u, dw, low, high);
}

