/* affine1: nonzero output gradients by image and by unit
** templates/affine/lists.c, avx2 f32 */
static void affine1__lists(const struct step *s, int item, int items, int thread)
{
    enum { UNITS = 10, ROWS = 200, STARTS = 2, DY = affine1__at_dy, DY_IMAGE = 16,
           IMAGE_LIST = affine1__at_image_list, IMAGE_STARTS = affine1__at_image_starts,
           UNIT_LIST = affine1__at_unit_list, UNIT_STARTS = affine1__at_unit_starts,
           UNIT_SPACE = 19, LISTED_IMAGES = 18, UNIT_SPANS = 2, B = affine1__at_bias,
           B_M = affine1__at_bias_m, B_V = affine1__at_bias_v, B_RULE = 5 };
    (void)items;
    (void)thread;
    const real *dy = s->arena + DY;
    if (item < GROUPS) {
        int last = part_start(item + 1, GROUPS, s->n);
        for (int i = part_start(item, GROUPS, s->n); i < last; i++) {
            struct entry *e = (struct entry *)(s->arena + IMAGE_LIST) + (size_t)i*(UNITS + 1);
            int32_t *start = (int32_t *)(s->arena + IMAGE_STARTS) + (size_t)i*STARTS;
            int n = 0;
            const real *g = dy + (size_t)i*DY_IMAGE;
            const real *value = g;
            for (int u = 0; u < UNITS; u++) {
                if (u % ROWS == 0)
                    start[u / ROWS] = n;
                e[n] = (struct entry){ u, value[u] };
                n += is_nonzero(value[u]);
            }
            start[STARTS - 1] = n;
        }
        return;
    }
    int first = (item - GROUPS)*LANES;
    int last = first + LANES < UNITS ? first + LANES : UNITS;
    int32_t *starts = (int32_t *)(s->arena + UNIT_STARTS);
    struct entry *list = (struct entry *)(s->arena + UNIT_LIST);
    real db[LANES] = { 0 };
    int n[LANES] = { 0 };
    for (int i = 0; i < s->n; i++) {
        if (i % LISTED_IMAGES == 0)
            for (int u = first; u < last; u++)
                starts[u*UNIT_SPANS + i / LISTED_IMAGES] = n[u - first];
        for (int u = first; u < last; u++) {
            real g = dy[(size_t)i*DY_IMAGE + u];
            list[(size_t)u*UNIT_SPACE + n[u - first]] = (struct entry){ i, g };
            n[u - first] += is_nonzero(g);
            db[u - first] += g;
        }
    }
    for (int u = first; u < last; u++)
        starts[u*UNIT_SPANS + (s->n + LISTED_IMAGES - 1) / LISTED_IMAGES] = n[u - first];
    const struct rule *rule = s->rule + B_RULE;
    rule->update(s->arena + B + first, s->arena + B_M + first, s->arena + B_V + first, db, LANES,
                 &rule->hyper);
}

