/*
** pointwise/dropout_fwd.c - inverted dropout of one image, as in the course: a value stays with
** probability KEEP / 65536 and is divided by it, else it is 0. The mask belongs to
** (seed, iteration, layer, image) and is kept for backward.
*/
#include "vector/template.h"

#define NAME dropout_fwd     /* @name */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 3072, X_ROW = 96, Y = 0, Y_IMAGE = 3072, Y_ROW = 96,
           OH = 32, ROW = 96, MASK = 0, KEEP = 32768, LAYER = 0 };
    (void)items;
    (void)thread;
    const real *x = s->arena + X + (size_t)item*X_IMAGE;
    real *y = s->arena + Y + (size_t)item*Y_IMAGE;
    unsigned char *mask = (unsigned char *)(s->arena + MASK) + (size_t)item*OH*ROW;
    const int all = s->mode == MODE_EVAL || s->keep_all;
    const vec factor = v_set1((real)(65536.0 / KEEP));
    if (!all)
        random_mask(s->seed, s->iteration, (uint64_t)LAYER << 32 | (uint64_t)item, KEEP, mask,
                    OH*ROW);
    for (int r = 0; r < OH; r++) {
        for (int k = 0; k < ROW; k += VL) { /* @tail */
            vec v = v_load(x + r*X_ROW + k);
            if (!all) {
                vmask kept = v_gt(v_load_u8(mask + r*ROW + k), v_zero());
                v = v_select(kept, v_mul(v, factor), v_zero());
            }
            v_store(y + r*Y_ROW + k, v);
        }
    }
}

#include "vector/undef.h"
