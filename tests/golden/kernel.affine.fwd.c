/* affine1 forward: 256 -> 10, 0.01 MFLOP an image, tile 3x2
** templates/affine/fwd.c, avx2 f32
** Fetches the weights of MU units, one part of `parts`. */
static inline void affine1__ahead(const real *w, int panels, int width, int part, int parts)
{
    enum { MU = 2, UNITS = 10 };
    enum { LINE = 64 / sizeof(real) };
    for (int p = 0; p < panels; p++)
        for (int k = part*LINE; k < MU*width; k += parts*LINE)
            v_prefetch(w + (ptrdiff_t)p*UNITS*width + k);
}

/* `panels` panels of the block's units against all the images at hand; next: the weights
** that come after the block's. */
static inline void affine1__tiles(const real *x, const real *w, const real *next, real *lanes,
                                  int images, int units, int panels, int width)
{
    enum { MI = 3, MU = 2, X_IMAGE = 256, LANES_IMAGE = 32 };
    const int whole = images / MI * MI, parts = whole / MI + images - whole;
    int u = 0;
    for (; u + MU <= units; u += MU) {
        const real *row = w + (ptrdiff_t)u*width;
        const real *ahead = u + 2*MU <= units ? row + MU*width : next;
        int part = 0;
        for (int i = 0; i < whole; i += MI) {
            affine1__ahead(ahead, panels, width, part++, parts);
            affine1__tile(x + (ptrdiff_t)i*X_IMAGE, row, lanes + i*LANES_IMAGE + u*LANES, panels,
                          width);
        }
        for (int i = whole; i < images; i++) {
            affine1__ahead(ahead, panels, width, part++, parts);
            affine1__tile_image(x + (ptrdiff_t)i*X_IMAGE, row, lanes + i*LANES_IMAGE + u*LANES,
                                panels, width);
        }
    }
    for (; u < units; u++) {
        const real *row = w + (ptrdiff_t)u*width;
        for (int i = 0; i < whole; i += MI)
            affine1__tile_unit(x + (ptrdiff_t)i*X_IMAGE, row, lanes + i*LANES_IMAGE + u*LANES,
                               panels, width);
        for (int i = whole; i < images; i++)
            affine1__tile_one(x + (ptrdiff_t)i*X_IMAGE, row, lanes + i*LANES_IMAGE + u*LANES,
                              panels, width);
    }
}

/* Folds the lanes of one image's units; sums: room for them, whole vectors. */
static inline void affine1__store(const real *lanes, const real *bias, real *y, real *sums,
                                  int units)
{
    enum { LV = 2 };
    (void)bias;
    for (int u = 0; u < units; u++) {
        vec v[LV];
        v[0] = v_load(lanes + u*LANES);
        v[1] = v_load(lanes + u*LANES + VL);
        sums[u] = v_sum(v);
    }
    for (int u = 0; u < units; u += VL) {
        int n = units - u < VL ? units - u : VL;
        vec v = v_add(v_load_part(sums + u, n), v_load_part(bias + u, n));
        v_store_part(y + u, v, n);
    }
}

static void affine1__fwd(const struct step *s, int item, int items, int thread)
{
    enum { X = conv2__at_y, X_IMAGE = 256, Y = affine1__at_y, Y_IMAGE = 16,
           W = affine1__at_weight, B = affine1__at_bias, UNITS = 10, UNIT_BLOCK = 2,
           COLUMNS = 256, DEPTH = 4, IMAGES = 18, TOGETHER = 5, LANES_IMAGE = 32,
           SCRATCH = 81488, SCRATCH_SIZE = 5888, LANES_AT = affine1__at_lanes,
           SUMS_AT = affine1__at_sums };
    enum { PANELS = COLUMNS / PANEL };
    enum { BLOCKS = (UNITS + UNIT_BLOCK - 1) / UNIT_BLOCK };
    const int alone = s->n == 1, step = alone ? TOGETHER : 1;
    const int start = alone ? 0 : item / BLOCKS * IMAGES;
    const int from = alone ? BLOCKS*item/items : item % BLOCKS;
    const int to = alone ? BLOCKS*(item + 1)/items : from + 1;
    const int images = s->n - start < IMAGES ? s->n - start : IMAGES;
    real *scratch = s->arena + SCRATCH + (size_t)thread*SCRATCH_SIZE;
    real *lanes = scratch + LANES_AT, *sums = scratch + SUMS_AT;
    const real *x = s->arena + X + (size_t)start*X_IMAGE;
    for (int b = from; b < to; b += step) {
        const int first = b*UNIT_BLOCK, end = (b + step < to ? b + step : to)*UNIT_BLOCK;
        const int units = (end < UNITS ? end : UNITS) - first;
        for (int k = 0; k < (alone ? units*LANES : images*LANES_IMAGE); k++)
            lanes[k] = 0;
        for (int p = 0; p < PANELS; p += DEPTH) {
            const int panels = PANELS - p < DEPTH ? PANELS - p : DEPTH;
            const real *w = s->arena + W + ((size_t)p*UNITS + first)*PANEL;
            affine1__tiles(x + p*PANEL, w, p + DEPTH < PANELS ? w + (size_t)DEPTH*UNITS*PANEL : w,
                           lanes, images, units, panels, PANEL);
        }
        for (int i = 0; i < images; i++)
            affine1__store(lanes + i*LANES_IMAGE, s->arena + B + first,
                           s->arena + Y + (size_t)(start + i)*Y_IMAGE + first, sums, units);
    }
}

