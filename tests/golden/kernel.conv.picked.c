/* conv2 weight gradient: 0.1 MFLOP an image
** templates/conv/picked.c, avx2 f32
** The table of a band's inputs. */
static inline void conv2__weights_cut(const real *x /* haloed */,
                                      real *table /* [row][column][4] */)
{
    enum { X_ROW = 80, TABLE_ROWS = 9, TABLE_COLUMNS = 72, X_DOWN = 80, X_PIXEL = 8, PW = 2 };
    for (int r = 0; r < TABLE_ROWS; r++)
        for (int k = 0; k < TABLE_COLUMNS; k++) {
            const real *from = x + r*X_ROW + k;
            real *to = table + (r*TABLE_COLUMNS + k)*4;
            to[0] = from[0/PW*X_DOWN + 0%PW*X_PIXEL];
            to[1] = from[1/PW*X_DOWN + 1%PW*X_PIXEL];
            to[2] = from[2/PW*X_DOWN + 2%PW*X_PIXEL];
            to[3] = from[3/PW*X_DOWN + 3%PW*X_PIXEL];
        }
}

/* A band's gradients, masked by the ReLU, and the places that they belong to. */
static inline void conv2__weights_pick(const real *dy, const real *y, const unsigned char *argmax,
                                       real *g, real *choices)
{
    enum { BAND = 4, OW = 4, CO = 16, DY_ROW = 64, Y_ROW = 64, Y_PIXEL = 16 };
    (void)y;
    for (int r = 0; r < BAND; r++)
        for (int p = 0; p < OW; p++) {
            const int to = (r*OW + p)*CO;
            for (int c = 0; c < CO; c += VL) {
                vec v = v_load(dy + r*DY_ROW + p*CO + c);
                v = v_select(v_gt(v_load(y + r*Y_ROW + p*Y_PIXEL + c), v_zero()), v, v_zero());
                v_store(g + to + c, v);
                v_store(choices + to + c, v_choice(v_load_u8(argmax + to + c)));
            }
        }
}

/* Adds the gradients of one band, of filters from low to high - 1; next_g, next_y: what is fetched
** for the next. */
static inline void conv2__weights_add(const real *table, const real *g, const real *choices,
                                      const real *next_g, const real *next_y,
                                      real *u /* [tap][U_TAP] */, int low, int high)
{
    enum { CO = 16, KH = 3, COLUMNS = 24, MT = 12, NV = 1, U_TAP = 16, OW = 4,
           TABLE_COLUMNS = 72, BAND = 4, Y_BAND = 256 };
    enum { LINE = 64 / sizeof(real), PASSES = KH*(U_TAP / (NV*VL)) };
    int pass = 0;
    for (int c = low; c < high; c += NV*VL) {
        for (int ky = 0; ky < KH; ky++, pass++) {
            for (int k = pass*LINE; k < BAND*OW*CO; k += PASSES*LINE)
                v_prefetch(next_g + k);
            for (int k = pass*LINE; k < Y_BAND; k += PASSES*LINE)
                v_prefetch(next_y + k);
            for (int k = 0; k < COLUMNS; k += MT)
                conv2__wgrad_tile(table + (ky*TABLE_COLUMNS + k)*4, g + c, choices + c,
                                  u + (ky*COLUMNS + k)*U_TAP + c);
        }
        {
            real *db = u + KH*COLUMNS*U_TAP + c;
            vec sum = v_load(db);
            for (int p = 0; p < BAND*OW; p++)
                sum = v_add(sum, v_load(g + p*CO + c));
            v_store(db, sum);
        }
    }
}

static void conv2__weights(const struct step *s, int item, int items, int thread)
{
    enum { X = conv1__at_y, X_IMAGE = 800, X_BAND = 160, Y = conv2__at_y, Y_IMAGE = 256,
           Y_ROW = 64, DY = conv2__at_dy, DY_IMAGE = 256, DY_ROW = 64,
           ARGMAX = conv2__at_argmax, ARGMAX_IMAGE = 256, PARTIALS = conv2__at_partial,
           GROUP_SIZE = 1552, CO = 16, KH = 3, COLUMNS = 24, U_TAP = 16, OH = 4, OW = 4,
           BAND = 4, SCRATCH = 85600, SCRATCH_SIZE = 9472, WINDOWS_AT = conv2__at_windows,
           CHOICES_AT = conv2__at_choices, COPIED_AT = conv2__at_copied,
           TAP_SUMS_AT = conv2__at_tap_sums, NV = 1 };
    enum { PANELS = U_TAP / (NV*VL) };
    const struct group_part p = group_part(item, items, s->n, PANELS);
    const int low = p.low*NV*VL, high = p.high*NV*VL;
    real *scratch = s->arena + SCRATCH + (size_t)thread*SCRATCH_SIZE;
    real *u = scratch + TAP_SUMS_AT, *table = scratch + COPIED_AT;
    real *g = scratch + WINDOWS_AT, *choices = scratch + CHOICES_AT;
    real *dw = s->arena + PARTIALS + (size_t)p.group*GROUP_SIZE;
    for (int k = 0; k < (KH*COLUMNS + 1)*U_TAP; k++)
        u[k] = 0;
    for (int image = p.first; image < p.last; image++)
        for (int row = 0; row < OH; row += BAND) {
            const real *y = s->arena + Y + (size_t)image*Y_IMAGE + (ptrdiff_t)row*Y_ROW;
            const real *dy = s->arena + DY + (size_t)image*DY_IMAGE + (ptrdiff_t)row*DY_ROW;
            conv2__weights_cut(s->arena + X + (size_t)image*X_IMAGE + (ptrdiff_t)row*X_BAND, table);
            conv2__weights_pick(dy, y, (const unsigned char *)(s->arena + ARGMAX)
                                + (size_t)image*ARGMAX_IMAGE + (ptrdiff_t)row*OW*CO, g, choices);
            conv2__weights_add(table, g, choices, dy + BAND*DY_ROW, y + BAND*Y_ROW, u, low, high);
        }
    conv2__weights_filters(u, dw, low, high);
}

