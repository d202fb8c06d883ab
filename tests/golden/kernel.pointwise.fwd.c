/* gelu1 forward: gelu of 10x9x7
** templates/pointwise/fwd.c, avx2 f32 */
static void gelu1__fwd(const struct step *s, int item, int items, int thread)
{
    enum { X = conv1__at_y, X_IMAGE = 640, X_ROW = 63, Y = gelu1__at_y + 84, Y_IMAGE = 928,
           Y_ROW = 77, OH = 10 };
    (void)items;
    (void)thread;
    const real *x = s->arena + X + (size_t)item*X_IMAGE;
    real *y = s->arena + Y + (size_t)item*Y_IMAGE;
    for (int r = 0; r < OH; r++) {
        for (int k = 0; k < 56; k += VL) {
            vec v = v_load(x + r*X_ROW + k);
            v = v_gelu(v);
            v_store(y + r*Y_ROW + k, v);
        }
        {
            vec v = v_load_part(x + r*X_ROW + 56, 7);
            v = v_gelu(v);
            v_store_part(y + r*Y_ROW + 56, v, 7);
        }
    }
}

