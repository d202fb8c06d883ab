/*
** norm_fwd.c - batch normalisation of one image, with the statistics of norm_merge.c,
** and the pointwise layer behind it.
*/
#include "template.h"

#define NAME norm_fwd        /* @name */
#define PARTIAL 1            /* @flag */
#define WHOLE_VECTORS 1      /* @flag */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ X = 0, X_IMAGE = 17408, X_ROW = 544, Y = 0, Y_IMAGE = 17408, Y_ROW = 544,
           H = 32, W = 32, C = 17, PART = 1, COUNT = 32, COEFFICIENTS = 0 };
    enum { WHOLE = C / VL * VL };
    (void)items;
    (void)thread;
    const real *x = s->arena + X + (size_t)item*X_IMAGE;
    const real *mean = s->arena + COEFFICIENTS, *factor = mean + 2*COUNT, *beta = mean + 3*COUNT;
    real *y = s->arena + Y + (size_t)item*Y_IMAGE;
    for (int r = 0; r < H; r++)
        for (int p = 0; p < W; p++) {
            const real *from = x + r*X_ROW + p*C;
            real *to = y + r*Y_ROW + p*C;
#if WHOLE_VECTORS
            for (int c = 0; c < WHOLE; c += VL) {
                vec v = v_sub(v_load(from + c), v_load(mean + c));
                v = v_fma(v, v_load(factor + c), v_load(beta + c));
                /* @epilogue v */
                v_store(to + c, v);
            }
#endif
#if PARTIAL
            vec v = v_sub(v_load_part(from + WHOLE, PART), v_load_part(mean + WHOLE, PART));
            v = v_fma(v, v_load_part(factor + WHOLE, PART), v_load_part(beta + WHOLE, PART));
            /* @epilogue v */
            v_store_part(to + WHOLE, v, PART);
#endif
        }
}

#include "undef.h"
