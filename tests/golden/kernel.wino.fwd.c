**   direct, tile 5x2
** templates/wino/fwd.c, avx2 f32 */
static void conv2__fwd(const struct step *s, int item, int items, int thread)
{
    enum { X = conv1__at_y, X_IMAGE = 6160, X_STEP = 1760, Y = conv2__at_y + 416,
           Y_IMAGE = 3088, OUT_DOWN = 768, PACKED = conv2__at_packed, B = conv2__at_bias,
           IMAGES = 3, TILES_DOWN = 3, WHOLE_DOWN = 3, PASS = 3, PANELS = 2,
           SCRATCH = 1539248, SCRATCH_SIZE = 158784, V_AT = conv2__at_wino_v,
           M_AT = conv2__at_wino_m, ARGMAX = conv2__at_argmax, ARGMAX_IMAGE = 1920,
           ARGMAX_DOWN = 640 };
    const int together = s->together < IMAGES ? s->together : IMAGES;
    const int blocks = (s->n + together - 1) / together;
    const int parts = items / blocks, part = item % parts, first = item / parts*together;
    const int images = s->n - first < together ? s->n - first : together;
    const real *x = s->arena + X + (size_t)first*X_IMAGE;
    real *y = s->arena + Y + (size_t)first*Y_IMAGE;
    unsigned char *argmax = (unsigned char *)(s->arena + ARGMAX) + (size_t)first*ARGMAX_IMAGE;
    real *scratch = s->arena + SCRATCH + (size_t)thread*SCRATCH_SIZE, *v = scratch + V_AT;
    const int from = 0, to = TILES_DOWN;
    const int low = part_start(part, parts, PANELS), high = part_start(part + 1, parts, PANELS);
    for (int row = from; row < to; row += PASS) {
        const int rows = to - row < PASS ? to - row : PASS;
        const int whole = WHOLE_DOWN - row < rows ? WHOLE_DOWN - row : rows;
        for (int i = 0; i < images; i++)
            conv2__fwd_input(x + (ptrdiff_t)i*X_IMAGE + (ptrdiff_t)row*X_STEP, v, rows, whole, i);
        const real *next = row + rows < to ? x + (ptrdiff_t)(row + rows)*X_STEP
                           : first + images < s->n ? x + (ptrdiff_t)images*X_IMAGE : v;
        conv2__fwd_pass(v, s->arena + PACKED, s->arena + B, scratch + M_AT, y
                        + (ptrdiff_t)row*OUT_DOWN, argmax + row*ARGMAX_DOWN, images, rows, whole,
                        low, high, next, v);
    }
}

