/* softmax1: loss and its gradient, 10 classes
** templates/loss/softmax.c, avx2 f32 */
/* Returns the loss; ds: whole lanes, those past the classes stay 0. */
static inline real softmax1_one(const real *scores, real *ds, int label, real scale)
{
    enum { CLASSES = 10, LV = 2 };
    real max = scores[0];
    for (int j = 1; j < CLASSES; j++)
        max = scores[j] > max ? scores[j] : max;
    for (int j = 0; j < CLASSES; j += VL) {
        int n = CLASSES - j < VL ? CLASSES - j : VL;
        v_store_part(ds + j, v_exp(v_sub(v_load_part(scores + j, n), v_set1(max))), n);
    }
    vec lanes[LV];
    lanes[0] = v_zero();
    lanes[1] = v_zero();
    for (int j = 0; j < CLASSES; j += LANES) {
        lanes[0] = v_add(lanes[0], v_load(ds + j));
        lanes[1] = v_add(lanes[1], v_load(ds + j + VL));
    }
    real sum = v_sum(lanes);
    for (int j = 0; j < CLASSES; j++)
        ds[j] = (ds[j] / sum - (real)(j == label)) * scale;
    return (real)(math_log((double)sum) - ((double)scores[label] - (double)max));
}

static void softmax1_loss(const struct step *s, int item, int items, int thread)
{
    enum { CLASSES = 10, SCORES = 24480, SCORES_IMAGE = 16, DS = 27392, DS_IMAGE = 16,
           LOSSES = 27696 };
    (void)thread;
    int last = part_start(item + 1, items, s->n);
    for (int i = part_start(item, items, s->n); i < last; i++) {
        const real *scores = s->arena + SCORES + (size_t)i*SCORES_IMAGE;
        real *ds = s->arena + DS + (size_t)i*DS_IMAGE, *loss = s->arena + LOSSES + i;
        if (s->probe) {
            const real *r = s->probe + (size_t)i*CLASSES;
            double sum = 0;
            for (int j = 0; j < CLASSES; j++) {
                sum += (double)r[j]*(double)scores[j];
                ds[j] = r[j];
            }
            *loss = (real)sum;
        } else {
            *loss = softmax1_one(scores, ds, s->labels[i], 1 / (real)s->n);
        }
    }
}

