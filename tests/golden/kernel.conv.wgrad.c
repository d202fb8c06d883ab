/* conv2 weight gradient: 0.1 MFLOP an image if all were nonzero
** templates/conv/wgrad.c, avx2 f32 */
static void conv2__weights(const struct step *s, int item, int items, int thread)
{
    enum { X = 5488, X_IMAGE = 800, X_ROW = 80, Y = 27744, Y_IMAGE = 256, DY = 67616,
           DY_IMAGE = 256, ARGMAX = 32368, ARGMAX_IMAGE = 256, PARTIAL = 33536,
           GROUP_SIZE = 1552, H = 4, CO = 16, KH = 3, ROW = 32, MH = 3, VECTORS = 3, NV = 3,
           BAND = 4, SCRATCH = 81488, SCRATCH_SIZE = 5888, ENTRIES = 1888, SPACE = 24 };
    enum { FILTER = KH*ROW };
    int first = part_start(item, items, s->n), last = part_start(item + 1, items, s->n);
    real *dw = s->arena + PARTIAL + (size_t)item*GROUP_SIZE, *db = dw + CO*FILTER;
    struct entry *entries = (struct entry *)(s->arena + SCRATCH + (size_t)thread*SCRATCH_SIZE
                                             + ENTRIES);
    int count[CO];
    for (int k = 0; k < CO*FILTER + CO; k++)
        dw[k] = 0;
    for (int image = first; image < last; image++) {
        const real *x = s->arena + X + (size_t)image*X_IMAGE;
        const unsigned char *argmax = (const unsigned char *)(s->arena + ARGMAX)
                                      + (size_t)image*ARGMAX_IMAGE;
        for (int from = 0; from < H; from += BAND) {
            int to = from + BAND < H ? from + BAND : H;
            conv2__lists(s->arena + DY + (size_t)image*DY_IMAGE, s->arena + Y
                         + (size_t)image*Y_IMAGE, argmax, entries, count, db, from, to);
            for (int f = 0; f < CO; f++) {
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

