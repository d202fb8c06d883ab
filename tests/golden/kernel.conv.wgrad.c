/* conv3 weight gradient: 1.2 MFLOP an image if all were nonzero
** templates/conv/wgrad.c, avx2 f32 */
static void conv3__weights(const struct step *s, int item, int items, int thread)
{
    enum { X = conv2__at_y, X_IMAGE = 1440, X_ROW = 240, Y = conv3__at_y, Y_IMAGE = 400,
           DY = conv3__at_dy, DY_IMAGE = 400, ARGMAX = conv3__at_argmax, ARGMAX_IMAGE = 400,
           PARTIALS = conv3__at_partial, GROUP_SIZE = 38512, OH = 2, CO = 100, KH = 3,
           ROW = 128, MH = 3, NV = 4, BAND = 2, SCRATCH = 1364720, SCRATCH_SIZE = 36208,
           ENTRIES_AT = conv3__at_entries, SPACE = 8 };
    enum { FILTER = KH*ROW };
    const struct group_part p = group_part(item, items, s->n, CO);
    real *dw = s->arena + PARTIALS + (size_t)p.group*GROUP_SIZE, other[CO];
    real *db = p.part ? other : dw + CO*FILTER;
    struct entry *entries = (struct entry *)(s->arena + SCRATCH + (size_t)thread*SCRATCH_SIZE
                                             + ENTRIES_AT);
    int count[CO];
    for (int k = p.low*FILTER; k < p.high*FILTER; k++)
        dw[k] = 0;
    for (int k = 0; k < CO; k++)
        db[k] = 0;
    for (int image = p.first; image < p.last; image++) {
        const real *x = s->arena + X + (size_t)image*X_IMAGE;
        const unsigned char *argmax = (const unsigned char *)(s->arena + ARGMAX)
                                      + (size_t)image*ARGMAX_IMAGE;
        for (int from = 0; from < OH; from += BAND) {
            int to = from + BAND < OH ? from + BAND : OH;
            conv3__lists(s->arena + DY + (size_t)image*DY_IMAGE, s->arena + Y
                         + (size_t)image*Y_IMAGE, argmax, entries, count, db, from, to);
            for (int f = p.low; f < p.high; f++) {
                const struct entry *e = entries + f*SPACE;
                real *d = dw + f*FILTER;
                for (int r = 0; r < KH; r += MH) {
                    for (int n = 0; n < 12; n += NV)
                        conv3__wgrad_tile(x + r*X_ROW + n*VL, e, count[f], d + r*ROW + n*VL);
                    conv3__wgrad_tile_columns(x + r*X_ROW + 12*VL, e, count[f], d + r*ROW + 12*VL);
                }
            }
        }
    }
}

