/* conv5 data gradient: 0.0 MFLOP an image if all were nonzero
** templates/conv/scatter.c, avx2 f32 */
static void conv5__data(const struct step *s, int item, int items, int thread)
{
    enum { Y = 624896, Y_IMAGE = 32, DY = 827952, DY_IMAGE = 32, ARGMAX = 822304,
           ARGMAX_IMAGE = 30, DX = 825536, DX_IMAGE = 48, W = 626976, H = 3, BAND = 3,
           SPACE = 11, BLOCKS = 1, CBLOCKS = 1, KH = 1, SLICE = 160, PH = 1, W_OUT = 1,
           PW = 2, STEP_Y = 1, STEP_X = 2, MAP_ROW = 24, MAP_SIZE = 72, CB = 8, CI = 8,
           IN_H = 3, IN_W = 2, TOP = 0, LEFT = 0, SCRATCH = 1449184, SCRATCH_SIZE = 61872,
           MAP_AT = 29008, ENTRIES = 29104, COUNT = 29264 };
    (void)items;
    real *scratch = s->arena + SCRATCH + (size_t)thread*SCRATCH_SIZE, *map = scratch + MAP_AT;
    struct entry *entries = (struct entry *)(scratch + ENTRIES);
    int32_t *count = (int32_t *)(scratch + COUNT);
    const real *w = s->arena + W;
    const unsigned char *argmax = (const unsigned char *)(s->arena + ARGMAX)
                                  + (size_t)item*ARGMAX_IMAGE;
    for (int k = 0; k < CBLOCKS*MAP_SIZE; k++)
        map[k] = 0;
    for (int from = 0; from < H; from += BAND) {
        const int to = from + BAND < H ? from + BAND : H;
        conv5__pixels(s->arena + DY + (size_t)item*DY_IMAGE, s->arena + Y + (size_t)item*Y_IMAGE,
                      argmax, entries, count, from, to);
        for (int cb = 0; cb < CBLOCKS; cb++)
            for (int b = 0; b < BLOCKS; b++)
                for (int ky = 0; ky < KH; ky++) {
                    const real *slice = w + (ptrdiff_t)((cb*BLOCKS + b)*KH + ky)*SLICE;
                    real *under = map + cb*MAP_SIZE + ky*MAP_ROW;
                    int pixel = 0;
                    for (int r = from; r < to; r++)
                        for (int i = 0; i < PH; i++) {
                            real *row = under + (r*STEP_Y + i)*MAP_ROW;
                            for (int p = 0; p < W_OUT; p++)
                                for (int j = 0; j < PW; j++, pixel++) {
                                    const int32_t *end = count + pixel*BLOCKS + b;
                                    const int start = b ? end[-1] : 0;
                                    conv5__dgrad_tile(entries + (ptrdiff_t)pixel*SPACE + start,
                                                      end[0] - start, slice, row
                                                      + (p*STEP_X + j)*CB, 0);
                                }
                        }
                }
    }
    real *dx = s->arena + DX + (size_t)item*DX_IMAGE;
    for (int cb = 0; cb < CBLOCKS; cb++) {
        const int channels = CI - cb*CB < CB ? CI - cb*CB : CB;
        for (int r = 0; r < IN_H; r++)
            for (int p = 0; p < IN_W; p++) {
                const real *from = map + cb*MAP_SIZE + (r + TOP)*MAP_ROW + (p + LEFT)*CB;
                real *to = dx + (r*IN_W + p)*CI + cb*CB;
                for (int c = 0; c < channels; c += VL) {
                    int n = channels - c < VL ? channels - c : VL;
                    v_store_part(to + c, v_load(from + c), n);
                }
            }
    }
}

