/* conv1 forward: 8x8x3 -> 8x8x8, 3x3 + relu, 0.0 MFLOP an image, tile 1x8x1
** templates/conv/fwd.c, avx2 f32 */
static void conv1_fwd(const struct step *s, int item, int items, int thread)
{
    enum { X = 0, X_IMAGE = 304, BAND_STEP = 0, Y = 5576, Y_IMAGE = 800, Y_ROW = 80,
           W = 20336, B = 20304, BANDS = 8, BAND_ROWS = 1, ARGMAX = 0, ARGMAX_IMAGE = 0,
           ARGMAX_ROW = 64, SCRATCH = 81488, SCRATCH_SIZE = 5888, BAND = 0, MOMENTS = 0,
           COUNT = 0 };
    const real *bias = s->arena + B;
    int parts = items / s->n, image = item / parts, part = item % parts;
    int from = part_start(part, parts, BANDS), to = part_start(part + 1, parts, BANDS);
    const real *x = s->arena + X + (size_t)image*X_IMAGE;
    real *y = s->arena + Y + (size_t)image*Y_IMAGE;
    (void)thread;
    conv1_fwd_rows(x, s->arena + W, bias, y, from*BAND_ROWS, to*BAND_ROWS);
}

