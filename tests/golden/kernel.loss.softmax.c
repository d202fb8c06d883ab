/* softmax1: one image, 10 classes
** templates/loss/softmax.c, avx2 f32
** Returns the loss; ds: whole lanes, those past the classes stay 0. */
static inline real softmax1__one(const real *scores, real *ds, int label,
                                 const real *weight /* [classes], or NULL */, real scale)
{
    enum { CLASSES = 10, LV = 2 };
    real max = scores[0];
    for (int j = 1; j < CLASSES; j++)
        max = scores[j] > max ? scores[j] : max;
    for (int j = 0; j < 8; j += VL)
        v_store(ds + j, v_exp(v_sub(v_load(scores + j), v_set1(max))));
    v_store_part(ds + 8, v_exp(v_sub(v_load_part(scores + 8, 2), v_set1(max))), 2);
    vec lanes[LV];
    lanes[0] = v_zero();
    lanes[1] = v_zero();
    for (int j = 0; j < CLASSES; j += LANES) {
        lanes[0] = v_add(lanes[0], v_load(ds + j));
        lanes[1] = v_add(lanes[1], v_load(ds + j + VL));
    }
    real sum = v_sum(lanes);
    const real counts = weight ? weight[label] : 1;
    scale *= counts;
    for (int j = 0; j < CLASSES; j++)
        ds[j] = (ds[j] / sum - (real)(j == label)) * scale;
    return (real)(math_log((double)sum) - ((double)scores[label] - (double)max)) * counts;
}

