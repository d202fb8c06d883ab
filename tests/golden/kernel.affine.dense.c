/* affine3 backward, one panel of 80 columns
** templates/affine/dense.c, avx2 f32 */
static inline double affine3__last_panel(const struct step *s, int panel)
{
    enum { UNITS = 70, WIDTH = 80, ROWS = 200, M = 6, TILE_WIDTH = 16, X = gelu1__at_y,
           DY = affine3__at_dy, DY_IMAGE = 80, DX = gelu1__at_dy, DX_IMAGE = 80,
           W = affine3__at_weight, W_M = affine3__at_weight_m, W_V = affine3__at_weight_v,
           W_RULE = 7 };
    const real *x = s->arena + X + (size_t)panel*PANEL, *dy = s->arena + DY;
    const size_t at = (size_t)panel*PANEL*UNITS;
    const struct rule *rule = s->rule + W_RULE;
    double sumsq = 0;
    for (int block = 0; block < UNITS; block += ROWS) {
        const int end = block + ROWS < UNITS ? block + ROWS : UNITS;
        const real *w = s->arena + W + at + (size_t)block*WIDTH;
        real *dx = s->arena + DX + (size_t)panel*PANEL;
        int i = 0;
        for (; i + M <= s->n; i += M)
            for (int d = 0; d < WIDTH; d += TILE_WIDTH)
                affine3__dgrad_last_panel(dy + (size_t)i*DY_IMAGE + block, w + d, dx
                                          + (size_t)i*DX_IMAGE + d, end - block, block == 0);
        for (; i < s->n; i++)
            for (int d = 0; d < WIDTH; d += TILE_WIDTH)
                affine3__dgrad_last_panel_one(dy + (size_t)i*DY_IMAGE + block, w + d, dx
                                              + (size_t)i*DX_IMAGE + d, end - block, block == 0);
        for (int u = block; u < end; ) {
            real g[M*WIDTH];
            const int rows = end - u < M ? 1 : M;
            for (int d = 0; d < WIDTH; d += TILE_WIDTH)
                if (rows == M)
                    affine3__wgrad_last_panel(dy + u, x + d, g + d, s->n, 1);
                else
                    affine3__wgrad_last_panel_one(dy + u, x + d, g + d, s->n, 1);
            for (int k = 0; k < rows; k++, u++) {
                const size_t row = at + (size_t)u*WIDTH;
                sumsq += rule->update(s->arena + W + row, s->arena + W_M + row,
                                      s->arena + W_V + row, g + k*WIDTH, WIDTH, &rule->hyper);
            }
        }
    }
    return sumsq;
}

