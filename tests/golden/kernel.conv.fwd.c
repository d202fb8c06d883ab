/* conv1 forward: 8x8x3 -> 8x8x8, 3x3 + relu, 0.0 MFLOP an image, tile 1x8x1
** templates/conv/fwd.c, avx2 f32 */
static void conv1__fwd(const struct step *s, int item, int items, int thread)
{
    enum { X = input__at_x, X_IMAGE = 304, Y = conv1__at_y + 88, Y_IMAGE = 800,
           PACKED = conv1__at_packed, B = conv1__at_bias, BANDS = 8, BAND_ROWS = 1 };
    const real *bias = s->arena + B;
    int parts = items / s->n, image = item / parts, part = item % parts;
    int from = part_start(part, parts, BANDS), to = part_start(part + 1, parts, BANDS);
    const real *x = s->arena + X + (size_t)image*X_IMAGE;
    real *y = s->arena + Y + (size_t)image*Y_IMAGE;
    (void)thread;
    conv1__fwd_rows(x, s->arena + PACKED, bias, y, from*BAND_ROWS, to*BAND_ROWS, NULL, NULL);
}

