/* svm1: loss and its gradient, 7 classes
** templates/loss/svm.c, avx2 f32 */
/* Returns the loss; ds: those past the classes stay 0. */
static inline real svm1_one(const real *scores, real *ds, int label, real scale)
{
    enum { CLASSES = 7 };
    const real bar = (real)0.5 - scores[label];
    real loss = 0;
    int over = 0;
    for (int j = 0; j < CLASSES; j++) {
        real slack = scores[j] + bar;
        int wrong = j != label && slack > 0;
        /* A NaN among the scores must not look like a small loss. */
        loss += wrong || slack != slack ? slack : 0;
        ds[j] = wrong ? scale : 0;
        over += wrong;
    }
    ds[label] = -(real)over * scale;
    return loss;
}

static void svm1_loss(const struct step *s, int item, int items, int thread)
{
    enum { CLASSES = 7, SCORES = 2864, SCORES_IMAGE = 16, DS = 4368, DS_IMAGE = 16,
           LOSSES = 4480 };
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
            *loss = svm1_one(scores, ds, s->labels[i], 1);
        }
    }
}

