/* conv5 weight gradient: Winograd F(4x4), 0.4 MFLOP an image if direct
** templates/wino/wgrad.c, avx2 f32 */
static void conv5__weights(const struct step *s, int item, int items, int thread)
{
    enum { X = conv4__at_y, X_IMAGE = 2304, X_STEP = 1152, Y = conv5__at_y, Y_IMAGE = 960,
           Y_STEP = 640, DY = bn1__at_dy, DY_IMAGE = 960, DY_STEP = 640, ARGMAX = 0,
           ARGMAX_IMAGE = 0, COEFFICIENTS = bn1__at_coefficients,
           PARTIALS = conv5__at_partial, GROUP_SIZE = 3856, CI = 24, CO = 16,
           FILTER_SIZE = 240, IMAGES = 4, TILES_DOWN = 2, WHOLE_DOWN = 1, PASS = 2,
           X_ROW = 288, G_TILE = 32, U_CHANNELS = 32, U_FILTERS = 16, U_WIDTH = 16,
           U_BLOCK = 0, SCRATCH = 1539248, SCRATCH_SIZE = 158784, V_AT = conv5__at_wino_v,
           G_AT = conv5__at_wino_g, U_AT = conv5__at_wino_u, DB_AT = conv5__at_wino_db };
    enum { F_BLOCKS = (CO + U_FILTERS - 1) / U_FILTERS,
           BLOCKS = (CI + U_CHANNELS - 1) / U_CHANNELS*F_BLOCKS };
    const struct group_part p = group_part(item, items, s->n, BLOCKS);
    const int first = p.first, last = p.last;
    real *scratch = s->arena + SCRATCH + (size_t)thread*SCRATCH_SIZE;
    real *v = scratch + V_AT, *g = scratch + G_AT, *db = scratch + DB_AT;
    real *dw = s->arena + PARTIALS + (size_t)p.group*GROUP_SIZE;
    for (int k = 0; k < G_TILE; k++)
        db[k] = 0;
    for (int start = first; start < last; start += IMAGES) {
        const int images = last - start < IMAGES ? last - start : IMAGES;
        for (int row = 0; row < TILES_DOWN; row += PASS) {
            const int rows = TILES_DOWN - row < PASS ? TILES_DOWN - row : PASS;
            const int whole = WHOLE_DOWN - row < rows ? WHOLE_DOWN - row : rows;
            for (int i = 0; i < images; i++) {
                const size_t image = (size_t)(start + i);
                conv5__wgrad_input(s->arena + X + image*X_IMAGE + (ptrdiff_t)row*X_STEP, v, rows,
                                   whole, i);
                conv5__wgrad_gradient(s->arena + DY + image*DY_IMAGE + (ptrdiff_t)row*DY_STEP,
                                      s->arena + Y + image*Y_IMAGE + (ptrdiff_t)row*Y_STEP,
                                      (const unsigned char *)(s->arena + ARGMAX)
                                      + image*ARGMAX_IMAGE + (ptrdiff_t)row*DY_STEP, s->arena
                                      + COEFFICIENTS, g, db, rows, whole, i);
            }
            const int begins = start == first && row == 0;
            const int ends = start + images == last && row + rows == TILES_DOWN;
            /* The first two rows of the next pass' windows are this one's last. */
            const ptrdiff_t below = row + rows < TILES_DOWN ? row + rows : 0;
            const size_t image = (size_t)(below ? start : start + images);
            const real *const next[] = { s->arena + X + image*X_IMAGE + below*X_STEP + 2*X_ROW,
                                         s->arena + DY + image*DY_IMAGE + below*DY_STEP,
                                         s->arena + Y + image*Y_IMAGE + below*Y_STEP };
            int call = 0;
            real *u = scratch + U_AT;
            for (int b = p.low; b < p.high; b++) {
                const int c = b / F_BLOCKS*U_CHANNELS, f = b % F_BLOCKS*U_FILTERS;
                const int channels = CI - c < U_CHANNELS ? CI - c : U_CHANNELS;
                const int filters = CO - f < U_FILTERS ? CO - f : U_FILTERS;
                real *to = ends ? dw + f*FILTER_SIZE + c : NULL;
                call = conv5__wgrad_block(v + c, g + f, u, to, images*rows, images*whole, channels,
                                          filters, begins, call, next);
                for (int k = 0; to && k < filters; k++)
                    conv5__wgrad_filter(u + k*U_WIDTH, to + k*FILTER_SIZE, channels);
                u += U_BLOCK;
            }
        }
    }
    for (int f = 0; p.part == 0 && f < CO; f++)
        dw[CO*FILTER_SIZE + f] = db[f];
}

