/*
** affine/lists.c - the nonzero gradients of an affine stage's output, listed
** twice: for each image (unit, value), with the place where each block of ROWS
** units starts, and for each unit (image, value), with that of every LISTED_IMAGES
** images. The first GROUPS items list images, the others a block of LANES units
** each; these also sum up the bias' gradient and update it: nothing below reads
** the bias any more.
*/
#include "vector/template.h"

#define NAME affine_lists    /* @name */
#define RELU 1               /* @flag */
#define BY_IMAGE 1           /* @flag */
#define BIAS 1               /* @flag */

static void NAME(const struct step *s, int item, int items, int thread)
{
    enum { /* @sizes */ UNITS = 500, ROWS = 50, STARTS = 11, DY = 0, DY_IMAGE = 512, Y = 0,
           Y_IMAGE = 512, IMAGE_LIST = 0, IMAGE_STARTS = 0, UNIT_LIST = 0, UNIT_STARTS = 0,
           UNIT_SPACE = 51, LISTED_IMAGES = 50, UNIT_SPANS = 2, B = 0, B_M = 0, B_V = 0,
           B_RULE = 0 };
    (void)items;
    (void)thread;
    const real *dy = s->arena + DY;
#if RELU
    const real *y = s->arena + Y;
#endif
    if (item < GROUPS) {
#if BY_IMAGE
        int last = part_start(item + 1, GROUPS, s->n);
        for (int i = part_start(item, GROUPS, s->n); i < last; i++) {
            struct entry *e = (struct entry *)(s->arena + IMAGE_LIST) + (size_t)i*(UNITS + 1);
            int32_t *start = (int32_t *)(s->arena + IMAGE_STARTS) + (size_t)i*STARTS;
            int n = 0;
            const real *g = dy + (size_t)i*DY_IMAGE;
#if RELU
            real value[UNITS];
            relu_gradient(g, y + (size_t)i*Y_IMAGE, value, UNITS);
#else
            const real *value = g;
#endif
            for (int u = 0; u < UNITS; u++) {
                if (u % ROWS == 0)
                    start[u / ROWS] = n;
                e[n] = (struct entry){ u, value[u] };
                n += is_nonzero(value[u]);
            }
            start[STARTS - 1] = n;
        }
#endif
        return;
    }
    int first = (item - GROUPS)*LANES;
    int last = first + LANES < UNITS ? first + LANES : UNITS;
    int32_t *starts = (int32_t *)(s->arena + UNIT_STARTS);
    struct entry *list = (struct entry *)(s->arena + UNIT_LIST);
#if BIAS
    real db[LANES] = { 0 };
#endif
    int n[LANES] = { 0 };
    for (int i = 0; i < s->n; i++) {
        if (i % LISTED_IMAGES == 0)
            for (int u = first; u < last; u++)
                starts[u*UNIT_SPANS + i / LISTED_IMAGES] = n[u - first];
        for (int u = first; u < last; u++) {
            real g = dy[(size_t)i*DY_IMAGE + u];
#if RELU
            g = y[(size_t)i*Y_IMAGE + u] > 0 ? g : 0;
#endif
            list[(size_t)u*UNIT_SPACE + n[u - first]] = (struct entry){ i, g };
            n[u - first] += is_nonzero(g);
#if BIAS
            db[u - first] += g;
#endif
        }
    }
    for (int u = first; u < last; u++)
        starts[u*UNIT_SPANS + (s->n + LISTED_IMAGES - 1) / LISTED_IMAGES] = n[u - first];
#if BIAS
    const struct rule *rule = s->rule + B_RULE;
    rule->update(s->arena + B + first, s->arena + B_M + first, s->arena + B_V + first, db, LANES,
                 &rule->hyper);
#endif
}

#include "vector/undef.h"
