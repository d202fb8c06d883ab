/* conv2 weight gradient: 0.1 MFLOP an image if all were nonzero
** templates/conv/wgrad.c, avx2 f32 */
static void conv2__weights(const struct step *s, int item, int items, int thread)
{
    enum { X = conv1__at_y, X_IMAGE = 800, X_ROW = 80, Y = conv2__at_y, Y_IMAGE = 256,
           DY = conv2__at_dy, DY_IMAGE = 256, ARGMAX = conv2__at_argmax, ARGMAX_IMAGE = 256,
           PARTIALS = conv2__at_partial, GROUP_SIZE = 1552, OH = 4, CO = 16, KH = 3, ROW = 32,
           MH = 3, VECTORS = 3, NV = 3, BAND = 4, SCRATCH = 85600, SCRATCH_SIZE = 5888,
           ENTRIES_AT = conv2__at_entries, SPACE = 24 };
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
            conv2__lists(s->arena + DY + (size_t)image*DY_IMAGE, s->arena + Y
                         + (size_t)image*Y_IMAGE, argmax, entries, count, db, from, to);
            for (int f = p.low; f < p.high; f++) {
                const struct entry *e = entries + f*SPACE;
                real *d = dw + f*FILTER;
                for (int r = 0; r < KH; r += MH) {
                    for (int n = 0; n < VECTORS; n += NV)
                        conv2__wgrad_tile(x + r*X_ROW + n*VL, e, count[f], d + r*ROW + n*VL);
                }
            }
        }
    }
}

