/* rows of 5 tiles, 20 channels
** templates/wino/input.c, avx2 f32, first for conv2 */
static inline void conv2__fwd_input(const real *x /* haloed, the first window */,
                                    real *v /* [place][tile][V_TILE] */, int rows, int whole,
                                    int image)
{
    enum { CI = 20, STEP = 4, ACROSS = 20, X_STEP = 1760 };
    const int above = image*rows;
    for (int r = 0; r < whole; r++) {
        for (int k = 0; k < ACROSS; k += STEP)
            conv2__fwd_input_tile(x + (ptrdiff_t)r*X_STEP + k*CI, v, above + r, image*whole + r, k
                                  / STEP);
    }
}

