/* maxpool3 backward: 1x3x17 -> 3x3x17
** templates/pool/bwd.c, avx2 f32 */
static void maxpool3__bwd(const struct step *s, int item, int items, int thread)
{
    enum { OH = 1, OW = 3, C = 17, PW = 1, STEP_Y = 2, STEP_X = 1, X_W = 3, X_SIZE = 153,
           DY = maxpool3__at_dy, DY_IMAGE = 64, DX = maxpool2__at_dy, DX_IMAGE = 160,
           ARGMAX = maxpool3__at_argmax, ARGMAX_IMAGE = 51 };
    (void)items;
    (void)thread;
    const real *dy = s->arena + DY + (size_t)item*DY_IMAGE;
    const unsigned char *argmax = (const unsigned char *)(s->arena + ARGMAX)
                                  + (size_t)item*ARGMAX_IMAGE;
    real *dx = s->arena + DX + (size_t)item*DX_IMAGE;
    for (int k = 0; k < X_SIZE; k++)
        dx[k] = 0;
    for (int r = 0; r < OH; r++)
        for (int p = 0; p < OW; p++) {
            const int at = (r*OW + p)*C;
            const int top = r*STEP_Y, left = p*STEP_X;
            real *window = dx + (top*X_W + left)*C;
            for (int c = 0; c < 16; c += VL) {
                vec v = v_load(dy + at + c), index = v_load_u8(argmax + at + c);
                {
                    real *q = window + c;
                    vec g = v_select(v_eq(index, v_set1(0)), v, v_zero());
                        v_store(q, v_add(v_load(q), g));
                }
                {
                    real *q = window + (X_W)*C + c;
                    vec g = v_select(v_eq(index, v_set1(PW)), v, v_zero());
                        v_store(q, v_add(v_load(q), g));
                }
            }
            {
                vec v = v_load_part(dy + at + 16, 1), index = v_load_u8_part(argmax + at + 16, 1);
                {
                    real *q = window + 16;
                    vec g = v_select(v_eq(index, v_set1(0)), v, v_zero());
                        v_store_part(q, v_add(v_load_part(q, 1), g), 1);
                }
                {
                    real *q = window + (X_W)*C + 16;
                    vec g = v_select(v_eq(index, v_set1(PW)), v, v_zero());
                        v_store_part(q, v_add(v_load_part(q, 1), g), 1);
                }
            }
        }
}

