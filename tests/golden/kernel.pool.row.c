/* maxpool1: max-pool 2x2 of a row of 8
** templates/pool/row.c, avx2 f32 */
static inline void conv2__pool(const real *x /* PH rows */, real *y, unsigned char *argmax)
{
    enum { OW = 4, C = 16, PW = 2, STEP_X = 2, X_ROW = 128, X_PIXEL = 16, Y_PIXEL = 16 };
    (void)argmax;
    for (int p = 0; p < OW; p++) {
        const real *window = x + p*STEP_X*X_PIXEL;
        for (int c = 0; c < C; c += VL) {
            vec best = v_load(window + c);
            vec index = v_zero();
            {
                vec v = v_load(window + c);
                index = v_select(v_gt(v, best), v_set1(0), index);
                best = v_max(v, best);
            }
            {
                vec v = v_load(window + c + X_PIXEL);
                index = v_select(v_gt(v, best), v_set1(1), index);
                best = v_max(v, best);
            }
            {
                vec v = v_load(window + c + X_ROW);
                index = v_select(v_gt(v, best), v_set1(PW), index);
                best = v_max(v, best);
            }
            {
                vec v = v_load(window + c + X_ROW + X_PIXEL);
                index = v_select(v_gt(v, best), v_set1(PW + 1), index);
                best = v_max(v, best);
            }
            v_store(y + p*Y_PIXEL + c, best);
            v_store_u8(argmax + p*C + c, index);
        }
    }
}

