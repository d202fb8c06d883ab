/* conv5 weight gradient: F(2x2, 3x3), 0.4 MFLOP an image if direct
** templates/wino/wgrad.c, avx2 f32 */
static void conv5__weights(const struct step *s, int item, int items, int thread)
{
    enum { X = conv4__at_y, X_IMAGE = 2304, X_STEP = 576, Y = conv5__at_y, Y_IMAGE = 960,
           Y_STEP = 320, DY = conv5__at_dy, DY_IMAGE = 960, DY_STEP = 320,
           PARTIALS = conv5__at_partial, GROUP_SIZE = 3856, CO = 16, FILTER_SIZE = 240,
           IMAGES = 3, TILES_DOWN = 3, PASS = 3, TILES_ACROSS = 5, XI = 16, MH = 2, NV = 4,
           V_TILE = 48, V_XI = 2176, G_TILE = 32, G_XI = 1456, U_ROW = 32, U_XI = 528,
           SCRATCH = 1457488, SCRATCH_SIZE = 151808, V_AT = conv5__at_wino_v,
           G_AT = conv5__at_wino_g, U_AT = conv5__at_wino_u, DB_AT = conv5__at_wino_db };
    const int first = part_start(item, items, s->n), last = part_start(item + 1, items, s->n);
    real *scratch = s->arena + SCRATCH + (size_t)thread*SCRATCH_SIZE;
    real *v = scratch + V_AT, *g = scratch + G_AT, *u = scratch + U_AT, *db = scratch + DB_AT;
    real *dw = s->arena + PARTIALS + (size_t)item*GROUP_SIZE;
    for (int k = 0; k < XI*U_XI; k++)
        u[k] = 0;
    for (int k = 0; k < G_TILE; k++)
        db[k] = 0;
    for (int start = first; start < last; start += IMAGES) {
        const int images = last - start < IMAGES ? last - start : IMAGES;
        for (int row = 0; row < TILES_DOWN; row += PASS) {
            const int rows = TILES_DOWN - row < PASS ? TILES_DOWN - row : PASS;
            for (int i = 0; i < images; i++)
                for (int r = 0; r < rows; r++) {
                    const size_t image = (size_t)(start + i);
                    const ptrdiff_t at = row + r, tile = (i*PASS + r)*TILES_ACROSS;
                    conv5__fwd_input(s->arena + X + image*X_IMAGE + at*X_STEP, v + tile*V_TILE);
                    conv5__wgrad_gradient(s->arena + DY + image*DY_IMAGE + at*DY_STEP, s->arena + Y
                                          + image*Y_IMAGE + at*Y_STEP, g + tile*G_TILE, db);
                }
            const int tiles = ((images - 1)*PASS + rows)*TILES_ACROSS;
            for (int k = 0; k < XI; k++)
                for (int f = 0; f < CO; f += MH)
                    for (int c = 0; c < U_ROW; c += NV*VL)
                        conv5__wgrad_tile(g + k*G_XI + f, v + k*V_XI + c, u + k*U_XI + f*U_ROW + c,
                                          tiles);
        }
    }
    for (int f = 0; f < CO; f++) {
        conv5__wgrad_filter(u + f*U_ROW, dw + f*FILTER_SIZE);
        dw[CO*FILTER_SIZE + f] = db[f];
    }
}

