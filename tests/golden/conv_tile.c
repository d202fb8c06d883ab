/* 1x8 pixels by 1 vector of 8: 10 of 16 registers
** templates/conv/tile.c, avx2 f32, first for conv1; 1 loop of more than 250 lines kept */
static inline void conv1__fwd_tile_last(const real *x /* haloed NHWC */,
                                        const real *w /* [KH*KW*CI][BLOCK] */, const real *bias,
                                        real *y /* NHWC */)
{
    enum { KH = 3, RUN = 9, MH = 1, MW = 8, NV = 1, BLOCK = 8, X_ROW = 54, X_PIXEL = 3,
           Y_PIXEL = 8 };
    vec acc[MH][MW][NV];
    acc[0][0][0] = v_load(bias);
    acc[0][1][0] = v_load(bias);
    acc[0][2][0] = v_load(bias);
    acc[0][3][0] = v_load(bias);
    acc[0][4][0] = v_load(bias);
    acc[0][5][0] = v_load(bias);
    acc[0][6][0] = v_load(bias);
    acc[0][7][0] = v_load(bias);
    for (int ky = 0; ky < KH; ky++) {
        {
            vec a, b[NV];
            b[0] = v_load(w + (ky*RUN)*BLOCK);
            a = v_set1(x[ky*X_ROW]);
            acc[0][0][0] = v_fma(a, b[0], acc[0][0][0]);
            a = v_set1(x[ky*X_ROW + X_PIXEL]);
            acc[0][1][0] = v_fma(a, b[0], acc[0][1][0]);
            a = v_set1(x[ky*X_ROW + 2*X_PIXEL]);
            acc[0][2][0] = v_fma(a, b[0], acc[0][2][0]);
            a = v_set1(x[ky*X_ROW + 3*X_PIXEL]);
            acc[0][3][0] = v_fma(a, b[0], acc[0][3][0]);
            a = v_set1(x[ky*X_ROW + 4*X_PIXEL]);
            acc[0][4][0] = v_fma(a, b[0], acc[0][4][0]);
            a = v_set1(x[ky*X_ROW + 5*X_PIXEL]);
            acc[0][5][0] = v_fma(a, b[0], acc[0][5][0]);
            a = v_set1(x[ky*X_ROW + 6*X_PIXEL]);
            acc[0][6][0] = v_fma(a, b[0], acc[0][6][0]);
            a = v_set1(x[ky*X_ROW + 7*X_PIXEL]);
            acc[0][7][0] = v_fma(a, b[0], acc[0][7][0]);
            v_keep();
        }
        {
            vec a, b[NV];
            b[0] = v_load(w + (ky*RUN + 1)*BLOCK);
            a = v_set1(x[ky*X_ROW + 1]);
            acc[0][0][0] = v_fma(a, b[0], acc[0][0][0]);
            a = v_set1(x[ky*X_ROW + X_PIXEL + 1]);
            acc[0][1][0] = v_fma(a, b[0], acc[0][1][0]);
            a = v_set1(x[ky*X_ROW + 2*X_PIXEL + 1]);
            acc[0][2][0] = v_fma(a, b[0], acc[0][2][0]);
            a = v_set1(x[ky*X_ROW + 3*X_PIXEL + 1]);
            acc[0][3][0] = v_fma(a, b[0], acc[0][3][0]);
            a = v_set1(x[ky*X_ROW + 4*X_PIXEL + 1]);
            acc[0][4][0] = v_fma(a, b[0], acc[0][4][0]);
            a = v_set1(x[ky*X_ROW + 5*X_PIXEL + 1]);
            acc[0][5][0] = v_fma(a, b[0], acc[0][5][0]);
            a = v_set1(x[ky*X_ROW + 6*X_PIXEL + 1]);
            acc[0][6][0] = v_fma(a, b[0], acc[0][6][0]);
            a = v_set1(x[ky*X_ROW + 7*X_PIXEL + 1]);
            acc[0][7][0] = v_fma(a, b[0], acc[0][7][0]);
            v_keep();
        }
        {
            vec a, b[NV];
            b[0] = v_load(w + (ky*RUN + 2)*BLOCK);
            a = v_set1(x[ky*X_ROW + 2]);
            acc[0][0][0] = v_fma(a, b[0], acc[0][0][0]);
            a = v_set1(x[ky*X_ROW + X_PIXEL + 2]);
            acc[0][1][0] = v_fma(a, b[0], acc[0][1][0]);
            a = v_set1(x[ky*X_ROW + 2*X_PIXEL + 2]);
            acc[0][2][0] = v_fma(a, b[0], acc[0][2][0]);
            a = v_set1(x[ky*X_ROW + 3*X_PIXEL + 2]);
            acc[0][3][0] = v_fma(a, b[0], acc[0][3][0]);
            a = v_set1(x[ky*X_ROW + 4*X_PIXEL + 2]);
            acc[0][4][0] = v_fma(a, b[0], acc[0][4][0]);
            a = v_set1(x[ky*X_ROW + 5*X_PIXEL + 2]);
            acc[0][5][0] = v_fma(a, b[0], acc[0][5][0]);
            a = v_set1(x[ky*X_ROW + 6*X_PIXEL + 2]);
            acc[0][6][0] = v_fma(a, b[0], acc[0][6][0]);
            a = v_set1(x[ky*X_ROW + 7*X_PIXEL + 2]);
            acc[0][7][0] = v_fma(a, b[0], acc[0][7][0]);
            v_keep();
        }
        {
            vec a, b[NV];
            b[0] = v_load(w + (ky*RUN + 3)*BLOCK);
            a = v_set1(x[ky*X_ROW + 3]);
            acc[0][0][0] = v_fma(a, b[0], acc[0][0][0]);
            a = v_set1(x[ky*X_ROW + X_PIXEL + 3]);
            acc[0][1][0] = v_fma(a, b[0], acc[0][1][0]);
            a = v_set1(x[ky*X_ROW + 2*X_PIXEL + 3]);
            acc[0][2][0] = v_fma(a, b[0], acc[0][2][0]);
            a = v_set1(x[ky*X_ROW + 3*X_PIXEL + 3]);
            acc[0][3][0] = v_fma(a, b[0], acc[0][3][0]);
            a = v_set1(x[ky*X_ROW + 4*X_PIXEL + 3]);
            acc[0][4][0] = v_fma(a, b[0], acc[0][4][0]);
            a = v_set1(x[ky*X_ROW + 5*X_PIXEL + 3]);
            acc[0][5][0] = v_fma(a, b[0], acc[0][5][0]);
            a = v_set1(x[ky*X_ROW + 6*X_PIXEL + 3]);
            acc[0][6][0] = v_fma(a, b[0], acc[0][6][0]);
            a = v_set1(x[ky*X_ROW + 7*X_PIXEL + 3]);
            acc[0][7][0] = v_fma(a, b[0], acc[0][7][0]);
            v_keep();
        }
        {
            vec a, b[NV];
            b[0] = v_load(w + (ky*RUN + 4)*BLOCK);
            a = v_set1(x[ky*X_ROW + 4]);
            acc[0][0][0] = v_fma(a, b[0], acc[0][0][0]);
            a = v_set1(x[ky*X_ROW + X_PIXEL + 4]);
            acc[0][1][0] = v_fma(a, b[0], acc[0][1][0]);
            a = v_set1(x[ky*X_ROW + 2*X_PIXEL + 4]);
            acc[0][2][0] = v_fma(a, b[0], acc[0][2][0]);
            a = v_set1(x[ky*X_ROW + 3*X_PIXEL + 4]);
            acc[0][3][0] = v_fma(a, b[0], acc[0][3][0]);
            a = v_set1(x[ky*X_ROW + 4*X_PIXEL + 4]);
            acc[0][4][0] = v_fma(a, b[0], acc[0][4][0]);
            a = v_set1(x[ky*X_ROW + 5*X_PIXEL + 4]);
            acc[0][5][0] = v_fma(a, b[0], acc[0][5][0]);
            a = v_set1(x[ky*X_ROW + 6*X_PIXEL + 4]);
            acc[0][6][0] = v_fma(a, b[0], acc[0][6][0]);
            a = v_set1(x[ky*X_ROW + 7*X_PIXEL + 4]);
            acc[0][7][0] = v_fma(a, b[0], acc[0][7][0]);
            v_keep();
        }
        {
            vec a, b[NV];
            b[0] = v_load(w + (ky*RUN + 5)*BLOCK);
            a = v_set1(x[ky*X_ROW + 5]);
            acc[0][0][0] = v_fma(a, b[0], acc[0][0][0]);
            a = v_set1(x[ky*X_ROW + X_PIXEL + 5]);
            acc[0][1][0] = v_fma(a, b[0], acc[0][1][0]);
            a = v_set1(x[ky*X_ROW + 2*X_PIXEL + 5]);
            acc[0][2][0] = v_fma(a, b[0], acc[0][2][0]);
            a = v_set1(x[ky*X_ROW + 3*X_PIXEL + 5]);
            acc[0][3][0] = v_fma(a, b[0], acc[0][3][0]);
            a = v_set1(x[ky*X_ROW + 4*X_PIXEL + 5]);
            acc[0][4][0] = v_fma(a, b[0], acc[0][4][0]);
            a = v_set1(x[ky*X_ROW + 5*X_PIXEL + 5]);
            acc[0][5][0] = v_fma(a, b[0], acc[0][5][0]);
            a = v_set1(x[ky*X_ROW + 6*X_PIXEL + 5]);
            acc[0][6][0] = v_fma(a, b[0], acc[0][6][0]);
            a = v_set1(x[ky*X_ROW + 7*X_PIXEL + 5]);
            acc[0][7][0] = v_fma(a, b[0], acc[0][7][0]);
            v_keep();
        }
        {
            vec a, b[NV];
            b[0] = v_load(w + (ky*RUN + 6)*BLOCK);
            a = v_set1(x[ky*X_ROW + 6]);
            acc[0][0][0] = v_fma(a, b[0], acc[0][0][0]);
            a = v_set1(x[ky*X_ROW + X_PIXEL + 6]);
            acc[0][1][0] = v_fma(a, b[0], acc[0][1][0]);
            a = v_set1(x[ky*X_ROW + 2*X_PIXEL + 6]);
            acc[0][2][0] = v_fma(a, b[0], acc[0][2][0]);
            a = v_set1(x[ky*X_ROW + 3*X_PIXEL + 6]);
            acc[0][3][0] = v_fma(a, b[0], acc[0][3][0]);
            a = v_set1(x[ky*X_ROW + 4*X_PIXEL + 6]);
            acc[0][4][0] = v_fma(a, b[0], acc[0][4][0]);
            a = v_set1(x[ky*X_ROW + 5*X_PIXEL + 6]);
            acc[0][5][0] = v_fma(a, b[0], acc[0][5][0]);
            a = v_set1(x[ky*X_ROW + 6*X_PIXEL + 6]);
            acc[0][6][0] = v_fma(a, b[0], acc[0][6][0]);
            a = v_set1(x[ky*X_ROW + 7*X_PIXEL + 6]);
            acc[0][7][0] = v_fma(a, b[0], acc[0][7][0]);
            v_keep();
        }
        {
            vec a, b[NV];
            b[0] = v_load(w + (ky*RUN + 7)*BLOCK);
            a = v_set1(x[ky*X_ROW + 7]);
            acc[0][0][0] = v_fma(a, b[0], acc[0][0][0]);
            a = v_set1(x[ky*X_ROW + X_PIXEL + 7]);
            acc[0][1][0] = v_fma(a, b[0], acc[0][1][0]);
            a = v_set1(x[ky*X_ROW + 2*X_PIXEL + 7]);
            acc[0][2][0] = v_fma(a, b[0], acc[0][2][0]);
            a = v_set1(x[ky*X_ROW + 3*X_PIXEL + 7]);
            acc[0][3][0] = v_fma(a, b[0], acc[0][3][0]);
            a = v_set1(x[ky*X_ROW + 4*X_PIXEL + 7]);
            acc[0][4][0] = v_fma(a, b[0], acc[0][4][0]);
            a = v_set1(x[ky*X_ROW + 5*X_PIXEL + 7]);
            acc[0][5][0] = v_fma(a, b[0], acc[0][5][0]);
            a = v_set1(x[ky*X_ROW + 6*X_PIXEL + 7]);
            acc[0][6][0] = v_fma(a, b[0], acc[0][6][0]);
            a = v_set1(x[ky*X_ROW + 7*X_PIXEL + 7]);
            acc[0][7][0] = v_fma(a, b[0], acc[0][7][0]);
            v_keep();
        }
        {
            vec a, b[NV];
            b[0] = v_load(w + (ky*RUN + 8)*BLOCK);
            a = v_set1(x[ky*X_ROW + 8]);
            acc[0][0][0] = v_fma(a, b[0], acc[0][0][0]);
            a = v_set1(x[ky*X_ROW + X_PIXEL + 8]);
            acc[0][1][0] = v_fma(a, b[0], acc[0][1][0]);
            a = v_set1(x[ky*X_ROW + 2*X_PIXEL + 8]);
            acc[0][2][0] = v_fma(a, b[0], acc[0][2][0]);
            a = v_set1(x[ky*X_ROW + 3*X_PIXEL + 8]);
            acc[0][3][0] = v_fma(a, b[0], acc[0][3][0]);
            a = v_set1(x[ky*X_ROW + 4*X_PIXEL + 8]);
            acc[0][4][0] = v_fma(a, b[0], acc[0][4][0]);
            a = v_set1(x[ky*X_ROW + 5*X_PIXEL + 8]);
            acc[0][5][0] = v_fma(a, b[0], acc[0][5][0]);
            a = v_set1(x[ky*X_ROW + 6*X_PIXEL + 8]);
            acc[0][6][0] = v_fma(a, b[0], acc[0][6][0]);
            a = v_set1(x[ky*X_ROW + 7*X_PIXEL + 8]);
            acc[0][7][0] = v_fma(a, b[0], acc[0][7][0]);
            v_keep();
        }
    }
    acc[0][0][0] = v_relu(acc[0][0][0]);
    v_store(y, acc[0][0][0]);
    acc[0][1][0] = v_relu(acc[0][1][0]);
    v_store(y + Y_PIXEL, acc[0][1][0]);
    acc[0][2][0] = v_relu(acc[0][2][0]);
    v_store(y + 2*Y_PIXEL, acc[0][2][0]);
    acc[0][3][0] = v_relu(acc[0][3][0]);
    v_store(y + 3*Y_PIXEL, acc[0][3][0]);
    acc[0][4][0] = v_relu(acc[0][4][0]);
    v_store(y + 4*Y_PIXEL, acc[0][4][0]);
    acc[0][5][0] = v_relu(acc[0][5][0]);
    v_store(y + 5*Y_PIXEL, acc[0][5][0]);
    acc[0][6][0] = v_relu(acc[0][6][0]);
    v_store(y + 6*Y_PIXEL, acc[0][6][0]);
    acc[0][7][0] = v_relu(acc[0][7][0]);
    v_store(y + 7*Y_PIXEL, acc[0][7][0]);
}
