/* conv10 weight gradient: 0.0 MFLOP an image
** templates/depth/wgrad.c, avx2 f32 */
static void conv10__weights(const struct step *s, int item, int items, int thread)
{
    enum { X = conv9__at_y, X_IMAGE = 192, X_ROW = 96, X_TAP = 48, Y = conv10__at_y,
           Y_IMAGE = 48, DY = conv10__at_dy, DY_IMAGE = 48, COEFFICIENTS = 0, ARGMAX = 0,
           ARGMAX_IMAGE = 0, PARTIALS = conv10__at_partial, GROUP_SIZE = 1584, OH = 1, OW = 1,
           CO = 48, PADDED = 48, KH = 2, KW = 2, ROW = 16, MH = 2, MW = 2, G_ROW = 48,
           SCRATCH = 173808, SCRATCH_SIZE = 12336, EXPANDED = conv10__at_expanded,
           EXPANDED_AT = 0, SUMS_AT = conv10__at_sums };
    enum { REPEATED_AT = conv10__at_repeated, REPEATED_ROWS = 2 };
    enum { VECTORS = (CO + VL - 1) / VL };
    const struct group_part p = group_part(item, items, s->n, VECTORS);
    const int low = p.low*VL, high = p.high*VL < CO ? p.high*VL : CO;
    real *scratch = s->arena + SCRATCH + (size_t)thread*SCRATCH_SIZE;
    real *map = scratch + EXPANDED + EXPANDED_AT, *sums = scratch + SUMS_AT;
    real *bias = sums + KH*KW*PADDED;
    for (int k = 0; k < (KH*KW + 1)*PADDED; k++)
        sums[k] = 0;
    for (int image = p.first; image < p.last; image++) {
        const real *x = s->arena + X + (size_t)image*X_IMAGE;
        const unsigned char *argmax = (const unsigned char *)(s->arena + ARGMAX)
                                      + (size_t)image*ARGMAX_IMAGE;
        conv10__expand(s->arena + DY + (size_t)image*DY_IMAGE, s->arena + Y + (size_t)image*Y_IMAGE,
                       argmax, s->arena + COEFFICIENTS, map);
        conv10__repeat(x, scratch + REPEATED_AT, 0, REPEATED_ROWS);
        x = scratch + REPEATED_AT;
        for (int c = low; c < high; c += VL)
            for (int i = 0; i < KH; i += MH)
                for (int j = 0; j < KW; j += MW)
                    conv10__wgrad_tile(x + i*X_ROW + j*X_TAP + c, map + c, sums + (i*KW + j)*PADDED
                                       + c);
        for (int r = 0; r < OH; r++)
            for (int q = 0; q < OW; q++)
                for (int c = low; c < high; c++)
                    bias[c] += map[r*G_ROW + q*CO + c];
    }
    real *dw = s->arena + PARTIALS + (size_t)p.group*GROUP_SIZE;
    for (int c = low; c < high; c++) {
        for (int k = 0; k < KH*KW; k++)
            dw[(c*KH + k / KW)*ROW + k % KW] = sums[k*PADDED + c];
        dw[CO*KH*ROW + c] = bias[c];
    }
}

