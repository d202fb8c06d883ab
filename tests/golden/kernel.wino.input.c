/* a row of 5 tiles of 6x6, 20 channels
** templates/wino/input.c, avx2 f32, first for conv2 */
static inline void conv2__fwd_input(const real *x /* haloed, the first window */,
                                    real *v /* [SIDE*SIDE][tile][V_TILE] */)
{
    enum { CI = 20, TILES_ACROSS = 5, SIDE = 6, STEP = 4, X_ROW = 440, V_TILE = 48,
           V_XI = 2176 };
    for (int t = 0; t < TILES_ACROSS; t++)
        for (int c = 0; c < CI; c += VL) {
            const real *p = x + t*STEP*CI + c;
            real *q = v + t*V_TILE + c;
            vec d[SIDE*SIDE];
            d[0] = v_load(p);
            d[1] = v_load(p + CI);
            d[2] = v_load(p + 2*CI);
            d[3] = v_load(p + 3*CI);
            d[4] = v_load(p + 4*CI);
            d[5] = v_load(p + 5*CI);
            d[SIDE] = v_load(p + X_ROW);
            d[SIDE + 1] = v_load(p + X_ROW + CI);
            d[SIDE + 2] = v_load(p + X_ROW + 2*CI);
            d[SIDE + 3] = v_load(p + X_ROW + 3*CI);
            d[SIDE + 4] = v_load(p + X_ROW + 4*CI);
            d[SIDE + 5] = v_load(p + X_ROW + 5*CI);
            d[2*SIDE] = v_load(p + 2*X_ROW);
            d[2*SIDE + 1] = v_load(p + 2*X_ROW + CI);
            d[2*SIDE + 2] = v_load(p + 2*X_ROW + 2*CI);
            d[2*SIDE + 3] = v_load(p + 2*X_ROW + 3*CI);
            d[2*SIDE + 4] = v_load(p + 2*X_ROW + 4*CI);
            d[2*SIDE + 5] = v_load(p + 2*X_ROW + 5*CI);
            d[3*SIDE] = v_load(p + 3*X_ROW);
            d[3*SIDE + 1] = v_load(p + 3*X_ROW + CI);
            d[3*SIDE + 2] = v_load(p + 3*X_ROW + 2*CI);
            d[3*SIDE + 3] = v_load(p + 3*X_ROW + 3*CI);
            d[3*SIDE + 4] = v_load(p + 3*X_ROW + 4*CI);
            d[3*SIDE + 5] = v_load(p + 3*X_ROW + 5*CI);
            d[4*SIDE] = v_load(p + 4*X_ROW);
            d[4*SIDE + 1] = v_load(p + 4*X_ROW + CI);
            d[4*SIDE + 2] = v_load(p + 4*X_ROW + 2*CI);
            d[4*SIDE + 3] = v_load(p + 4*X_ROW + 3*CI);
            d[4*SIDE + 4] = v_load(p + 4*X_ROW + 4*CI);
            d[4*SIDE + 5] = v_load(p + 4*X_ROW + 5*CI);
            d[5*SIDE] = v_load(p + 5*X_ROW);
            d[5*SIDE + 1] = v_load(p + 5*X_ROW + CI);
            d[5*SIDE + 2] = v_load(p + 5*X_ROW + 2*CI);
            d[5*SIDE + 3] = v_load(p + 5*X_ROW + 3*CI);
            d[5*SIDE + 4] = v_load(p + 5*X_ROW + 4*CI);
            d[5*SIDE + 5] = v_load(p + 5*X_ROW + 5*CI);
            v_input4(d, 1);
            v_input4(d + SIDE, 1);
            v_input4(d + 2*SIDE, 1);
            v_input4(d + 3*SIDE, 1);
            v_input4(d + 4*SIDE, 1);
            v_input4(d + 5*SIDE, 1);
            v_input4(d, SIDE);
            v_input4(d + 1, SIDE);
            v_input4(d + 2, SIDE);
            v_input4(d + 3, SIDE);
            v_input4(d + 4, SIDE);
            v_input4(d + 5, SIDE);
            v_store(q, d[0]);
            v_store(q + V_XI, d[1]);
            v_store(q + 2*V_XI, d[2]);
            v_store(q + 3*V_XI, d[3]);
            v_store(q + 4*V_XI, d[4]);
            v_store(q + 5*V_XI, d[5]);
            v_store(q + 6*V_XI, d[6]);
            v_store(q + 7*V_XI, d[7]);
            v_store(q + 8*V_XI, d[8]);
            v_store(q + 9*V_XI, d[9]);
            v_store(q + 10*V_XI, d[10]);
            v_store(q + 11*V_XI, d[11]);
            v_store(q + 12*V_XI, d[12]);
            v_store(q + 13*V_XI, d[13]);
            v_store(q + 14*V_XI, d[14]);
            v_store(q + 15*V_XI, d[15]);
            v_store(q + 16*V_XI, d[16]);
            v_store(q + 17*V_XI, d[17]);
            v_store(q + 18*V_XI, d[18]);
            v_store(q + 19*V_XI, d[19]);
            v_store(q + 20*V_XI, d[20]);
            v_store(q + 21*V_XI, d[21]);
            v_store(q + 22*V_XI, d[22]);
            v_store(q + 23*V_XI, d[23]);
            v_store(q + 24*V_XI, d[24]);
            v_store(q + 25*V_XI, d[25]);
            v_store(q + 26*V_XI, d[26]);
            v_store(q + 27*V_XI, d[27]);
            v_store(q + 28*V_XI, d[28]);
            v_store(q + 29*V_XI, d[29]);
            v_store(q + 30*V_XI, d[30]);
            v_store(q + 31*V_XI, d[31]);
            v_store(q + 32*V_XI, d[32]);
            v_store(q + 33*V_XI, d[33]);
            v_store(q + 34*V_XI, d[34]);
            v_store(q + 35*V_XI, d[35]);
        }
}

