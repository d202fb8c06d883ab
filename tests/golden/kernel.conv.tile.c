/* 1x4 pixels by 1 vector of 8: 6 of 16 registers
** templates/conv/tile.c, avx2 f32, first for conv1 */
static inline void conv1__fwd_tile_last(const real *x /* haloed NHWC */,
                                        const real *w /* [KH*KW*CI][BLOCK] */, const real *bias,
                                        real *y /* NHWC */)
{
    enum { MH = 1, MW = 4, NV = 1, BLOCK = 8, X_PIXEL = 3, Y_PIXEL = 7, PART = 7 };
    vec acc[MH][MW][NV];
    acc[0][0][0] = v_load(bias);
    acc[0][1][0] = v_load(bias);
    acc[0][2][0] = v_load(bias);
    acc[0][3][0] = v_load(bias);
    {
        vec a, b[NV];
        b[0] = v_load(w);
        a = v_set1(x[0]);
        acc[0][0][0] = v_fma(a, b[0], acc[0][0][0]);
        a = v_set1(x[X_PIXEL]);
        acc[0][1][0] = v_fma(a, b[0], acc[0][1][0]);
        a = v_set1(x[2*X_PIXEL]);
        acc[0][2][0] = v_fma(a, b[0], acc[0][2][0]);
        a = v_set1(x[3*X_PIXEL]);
        acc[0][3][0] = v_fma(a, b[0], acc[0][3][0]);
        v_keep();
    }
    {
        vec a, b[NV];
        b[0] = v_load(w + BLOCK);
        a = v_set1(x[1]);
        acc[0][0][0] = v_fma(a, b[0], acc[0][0][0]);
        a = v_set1(x[X_PIXEL + 1]);
        acc[0][1][0] = v_fma(a, b[0], acc[0][1][0]);
        a = v_set1(x[2*X_PIXEL + 1]);
        acc[0][2][0] = v_fma(a, b[0], acc[0][2][0]);
        a = v_set1(x[3*X_PIXEL + 1]);
        acc[0][3][0] = v_fma(a, b[0], acc[0][3][0]);
        v_keep();
    }
    {
        vec a, b[NV];
        b[0] = v_load(w + 2*BLOCK);
        a = v_set1(x[2]);
        acc[0][0][0] = v_fma(a, b[0], acc[0][0][0]);
        a = v_set1(x[X_PIXEL + 2]);
        acc[0][1][0] = v_fma(a, b[0], acc[0][1][0]);
        a = v_set1(x[2*X_PIXEL + 2]);
        acc[0][2][0] = v_fma(a, b[0], acc[0][2][0]);
        a = v_set1(x[3*X_PIXEL + 2]);
        acc[0][3][0] = v_fma(a, b[0], acc[0][3][0]);
        v_keep();
    }
    acc[0][0][0] = v_relu(acc[0][0][0]);
    v_store_part(y + (NV - 1)*VL, acc[0][0][NV - 1], PART);
    acc[0][1][0] = v_relu(acc[0][1][0]);
    v_store_part(y + Y_PIXEL + (NV - 1)*VL, acc[0][1][NV - 1], PART);
    acc[0][2][0] = v_relu(acc[0][2][0]);
    v_store_part(y + 2*Y_PIXEL + (NV - 1)*VL, acc[0][2][NV - 1], PART);
    acc[0][3][0] = v_relu(acc[0][3][0]);
    v_store_part(y + 3*Y_PIXEL + (NV - 1)*VL, acc[0][3][NV - 1], PART);
}

