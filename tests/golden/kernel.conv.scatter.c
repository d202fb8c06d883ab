/* conv5 data gradient: 0.0 MFLOP an image if all were nonzero
** templates/conv/scatter.c, avx2 f32 */
static void conv5__data(const struct step *s, int item, int items, int thread)
{
    enum { Y = conv5__at_y, Y_IMAGE = 32, DY = conv5__at_dy, DY_IMAGE = 32,
           ARGMAX = conv5__at_argmax, ARGMAX_IMAGE = 30, DX = conv4__at_dy, DX_IMAGE = 48,
           PACKED = conv5__at_packed + 256, OH = 3, LISTED = 3, PIXEL_SPACE = 11,
           FILTER_BLOCKS = 1, CBLOCKS = 1, KH = 1, SLICE = 160, PH = 1, OW = 1, PW = 2,
           STEP_Y = 1, STEP_X = 2, MAP_ROW = 24, MAP_SIZE = 72, CB = 8, CI = 8, IN_H = 3,
           IN_W = 2, TOP = 0, LEFT = 0, SCRATCH = 1449456, SCRATCH_SIZE = 62560,
           MAP_AT = conv5__at_map, LISTS_AT = conv5__at_lists, ENDS_AT = conv5__at_ends };
    (void)items;
    real *scratch = s->arena + SCRATCH + (size_t)thread*SCRATCH_SIZE, *map = scratch + MAP_AT;
    struct entry *entries = (struct entry *)(scratch + LISTS_AT);
    int32_t *count = (int32_t *)(scratch + ENDS_AT);
    const real *w = s->arena + PACKED;
    const unsigned char *argmax = (const unsigned char *)(s->arena + ARGMAX)
                                  + (size_t)item*ARGMAX_IMAGE;
    for (int k = 0; k < CBLOCKS*MAP_SIZE; k++)
        map[k] = 0;
    for (int from = 0; from < OH; from += LISTED) {
        const int to = from + LISTED < OH ? from + LISTED : OH;
        conv5__pixels(s->arena + DY + (size_t)item*DY_IMAGE, s->arena + Y + (size_t)item*Y_IMAGE,
                      argmax, entries, count, from, to);
        for (int cb = 0; cb < CBLOCKS; cb++)
            for (int b = 0; b < FILTER_BLOCKS; b++)
                for (int ky = 0; ky < KH; ky++) {
                    const real *slice = w + (ptrdiff_t)((cb*FILTER_BLOCKS + b)*KH + ky)*SLICE;
                    real *under = map + cb*MAP_SIZE + ky*MAP_ROW;
                    int pixel = 0;
                    for (int r = from; r < to; r++)
                        for (int i = 0; i < PH; i++) {
                            real *row = under + (r*STEP_Y + i)*MAP_ROW;
                            for (int p = 0; p < OW; p++)
                                for (int j = 0; j < PW; j++, pixel++) {
                                    const int32_t *end = count + pixel*FILTER_BLOCKS + b;
                                    const int start = b ? end[-1] : 0;
                                    conv5__dgrad_tile(entries + (ptrdiff_t)pixel*PIXEL_SPACE
                                                      + start, end[0] - start, slice, row
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

