/* affine1 forward: 256 -> 10, 0.01 MFLOP an image, tile 6x2
** templates/affine/fwd.c, avx2 f32
** A panel's weights of `units` units, and zeros for those that a block has too many. */
static inline void affine1__turn(const real *w /* [unit][width] */,
                                 real *t /* [width][UNIT_BLOCK] */, int units, int width)
{
    enum { UNIT_BLOCK = 16 };
    const int whole = units / VL*VL;
    for (int d = 0; d < width; d += VC)
        for (int u = 0; u < whole; u += VL) {
            vec column[VC];
            v_columns(w + (ptrdiff_t)u*width + d, width, column);
            v_store(t + d*UNIT_BLOCK + u, column[0]);
            v_store(t + (d + 1)*UNIT_BLOCK + u, column[1]);
            v_store(t + (d + 2)*UNIT_BLOCK + u, column[2]);
            v_store(t + (d + 3)*UNIT_BLOCK + u, column[3]);
        }
    for (int u = whole; u < UNIT_BLOCK; u++)
        for (int d = 0; d < width; d++)
            t[d*UNIT_BLOCK + u] = u < units ? w[(ptrdiff_t)u*width + d] : 0;
}

/* All the images at hand over the turned weights; next: weights that come after them. */
static inline void affine1__run_panel(const real *x, const real *t,
                                      real *sums /* [image][SUMS_IMAGE] */, int images, int width,
                                      int first, const real *next)
{
    enum { MI = 6, NV = 2, IMAGES_LEFT = 1, X_IMAGE = 256, UNIT_BLOCK = 16, SUMS_IMAGE = 16 };
    enum { LINE = 64 / sizeof(real) };
    const int left = images % MI, parts = images / MI + (left == IMAGES_LEFT ? 1 : left);
    for (int i = 0, part = 0, step; i < images; i += step, part++) {
        step = images - i >= MI ? MI : left == IMAGES_LEFT ? IMAGES_LEFT : 1;
        for (int k = part*LINE; k < UNIT_BLOCK*width; k += parts*LINE)
            v_prefetch(next + k);
        const real *from = x + (ptrdiff_t)i*X_IMAGE;
        for (int n = 0; n < UNIT_BLOCK; n += NV*VL) {
            real *to = sums + i*SUMS_IMAGE + n;
            if (step == MI)
                affine1__tile(from, t + n, to, width, first);
            else if (step == IMAGES_LEFT)
                affine1__tile_one(from, t + n, to, width, first);
            else
                affine1__tile_one(from, t + n, to, width, first);
        }
    }
}

static inline void affine1__store(const real *sums, const real *bias, real *y, int units)
{
    (void)bias;
    for (int u = 0; u < units; u += VL) {
        int n = units - u < VL ? units - u : VL;
        vec v = v_add(v_load_part(sums + u, n), v_load_part(bias + u, n));
        v_store_part(y + u, v, n);
    }
}

static void affine1__fwd(const struct step *s, int item, int items, int thread)
{
    enum { X = conv2__at_y, X_IMAGE = 256, Y = affine1__at_y, Y_IMAGE = 16,
           W = affine1__at_weight, B = affine1__at_bias, UNITS = 10, UNITS_STORED = 16,
           UNIT_BLOCK = 16, COLUMNS = 256, IMAGES = 18, TOGETHER = 1, SUMS_IMAGE = 16,
           SCRATCH = 85600, SCRATCH_SIZE = 9472, TURNED_AT = affine1__at_turned,
           SUMS_AT = affine1__at_sums };
    enum { BLOCKS = UNITS_STORED / UNIT_BLOCK, PANELS = (COLUMNS + PANEL - 1) / PANEL };
    enum { STORED = UNITS, WHOLE = UNITS < UNIT_BLOCK ? UNITS : UNIT_BLOCK,
           /* units that the last block begins before its own */
           AGAIN = UNITS < UNIT_BLOCK ? 0 : UNITS_STORED - UNITS };
    const int parts = items / ((s->n + IMAGES - 1) / IMAGES);
    const int start = item / parts*IMAGES, part = item % parts;
    const int from = part_start(part, parts, BLOCKS), to = part_start(part + 1, parts, BLOCKS);
    const int images = s->n - start < IMAGES ? s->n - start : IMAGES;
    real *scratch = s->arena + SCRATCH + (size_t)thread*SCRATCH_SIZE, *sums = scratch + SUMS_AT;
    for (int b = from; b < to; b += TOGETHER) {
        const int end = b + TOGETHER < to ? b + TOGETHER : to;
        for (int p = 0; p < PANELS; p++) {
            const int width = PANEL;
            const real *x = s->arena + X + (size_t)start*X_IMAGE + p*PANEL;
            const real *panel = s->arena + W + (size_t)p*PANEL*STORED;
            for (int k = b; k < end; k++) {
                const int first = k*UNIT_BLOCK - (k == BLOCKS - 1 ? AGAIN : 0);
                const real *w = panel + (size_t)first*width, *next = w + UNIT_BLOCK*width;
                if (k + 1 == end)
                    next = panel + (size_t)PANEL*STORED + (size_t)b*UNIT_BLOCK*width;
                affine1__turn(w, scratch + TURNED_AT, WHOLE, width);
                w = scratch + TURNED_AT;
                affine1__run_panel(x, w, sums + (k - b)*UNIT_BLOCK, images, width, p == 0, next);
            }
        }
        for (int k = b; k < end; k++)
            for (int i = 0; i < images; i++) {
                const int first = k*UNIT_BLOCK;
                const int units = UNITS - first < UNIT_BLOCK ? UNITS - first : UNIT_BLOCK;
                const real *own = sums + i*SUMS_IMAGE + (k - b)*UNIT_BLOCK
                                  + (k == BLOCKS - 1 ? AGAIN : 0);
                affine1__store(own, s->arena + B + first,
                               s->arena + Y + (size_t)(start + i)*Y_IMAGE + first, units);
            }
    }
}

