/* svm1: one image, 7 classes
** templates/loss/svm.c, avx2 f32
** Returns the loss; ds: those past the classes stay 0. */
static inline real svm1__one(const real *scores, real *ds, int label,
                             const real *weight /* [classes], or NULL */, real scale)
{
    enum { CLASSES = 7 };
    const real counts = weight ? weight[label] : 1, slope = scale*counts;
    const real bar = (real)0.5 - scores[label];
    real loss = 0;
    int over = 0;
    for (int j = 0; j < CLASSES; j++) {
        real slack = scores[j] + bar;
        int wrong = j != label && slack > 0;
        /* A NaN among the scores must not look like a small loss. */
        loss += wrong || slack != slack ? slack : 0;
        ds[j] = wrong ? slope : 0;
        over += wrong;
    }
    ds[label] = -(real)over * slope;
    return loss*counts;
}

