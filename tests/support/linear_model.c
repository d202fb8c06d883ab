/*
** linear_model.c - the hand-written network. Its input has a halo of one pixel, its
** parameters have padding: what the runtime must not touch is there to be touched.
*/
#include "support/linear_model.h"

#include <math.h>

#include "core/params.h"

enum {
    ROW = (LINEAR_W + 2)*LINEAR_C, IMAGE = 128,
    INPUT = 0, INPUT_FIRST = ROW + LINEAR_C,
    HIDDEN = INPUT + LINEAR_BATCH*IMAGE,             /* after ReLU */
    DHIDDEN = HIDDEN + LINEAR_BATCH*LANES,
    SCORES = DHIDDEN + LINEAR_BATCH*LANES,
    DSCORES = SCORES + LINEAR_BATCH*LANES,
    LOSSES = DSCORES + LINEAR_BATCH*LANES,
    W1 = LOSSES + 32, W1_SIZE = LINEAR_HIDDEN*LINEAR_IN,
    B1 = W1 + 3*W1_SIZE,
    W2 = B1 + 3*LANES, W2_SIZE = LINEAR_CLASSES*LANES,
    B2 = W2 + 3*W2_SIZE,
    ARENA = B2 + 3*LANES
};

static const struct param linear_params[] = {
    { "affine1.weight", PARAM_AFFINE, 2, { LINEAR_HIDDEN, LINEAR_IN, 0, 0 },
      LINEAR_C, LINEAR_H, LINEAR_W, LINEAR_IN, ROLE_WEIGHT, 0.01, 0, LINEAR_CLASSES,
      LINEAR_HIDDEN,
      W1, W1 + W1_SIZE, W1 + 2*W1_SIZE, W1_SIZE, INIT_DRAWN, 0, { .set = 0 } },
    { "affine1.bias", PARAM_VECTOR, 1, { LINEAR_HIDDEN, 0, 0, 0 }, 0, 0, 0, 0, ROLE_BIAS, -1, 0,
      0, 0, B1, B1 + LANES, B1 + 2*LANES, LANES, INIT_DRAWN, 0, { .set = 0 } },
    { "affine2.weight", PARAM_AFFINE, 2, { LINEAR_CLASSES, LINEAR_HIDDEN, 0, 0 },
      LINEAR_HIDDEN, 1, 1, LINEAR_HIDDEN, ROLE_WEIGHT, 0.01, 0, 0, LINEAR_CLASSES,
      W2, W2 + W2_SIZE, W2 + 2*W2_SIZE, W2_SIZE, INIT_DRAWN, 0, { .set = 0 } },
    { "affine2.bias", PARAM_VECTOR, 1, { LINEAR_CLASSES, 0, 0, 0 }, 0, 0, 0, 0, ROLE_BIAS, -1, 0,
      0, 0, B2, B2 + LANES, B2 + 2*LANES, LANES, INIT_DRAWN, 0, { .set = 0 } },
};

/* Pixel (y, x, c) of the input by its NHWC number. */
static real linear_pixel(const struct step *s, int image, int k)
{
    int x = k % (LINEAR_W*LINEAR_C), y = k / (LINEAR_W*LINEAR_C);
    return s->arena[INPUT + image*IMAGE + INPUT_FIRST + y*ROW + x];
}

/* One image's hidden units, some of them where it has several parts. */
static void linear_hidden(const struct step *s, int item, int items, int thread)
{
    (void)thread;
    int parts = items/s->n, image = item/parts, part = item % parts;
    for (int u = part; u < LINEAR_HIDDEN; u += parts) {
        real sum = s->arena[B1 + u];
        for (int k = 0; k < LINEAR_IN; k++)
            sum += s->arena[W1 + u*LINEAR_IN + k]*linear_pixel(s, image, k);
        s->arena[HIDDEN + image*LANES + u] = sum > 0 ? sum : sum != sum ? sum : 0;
    }
}

static void linear_scores(const struct step *s, int item, int items, int thread)
{
    (void)items;
    (void)thread;
    for (int j = 0; j < LINEAR_CLASSES; j++) {
        real sum = s->arena[B2 + j];
        for (int u = 0; u < LINEAR_HIDDEN; u++)
            sum += s->arena[W2 + j*LANES + u]*s->arena[HIDDEN + item*LANES + u];
        s->arena[SCORES + item*LANES + j] = sum;
    }
}

static void linear_loss_one(const struct step *s, int image)
{
    const real *score = s->arena + SCORES + image*LANES;
    real *d = s->arena + DSCORES + image*LANES;
    double sum = 0, max = (double)score[0], loss = 0;
    for (int j = 1; j < LINEAR_CLASSES; j++)
        max = (double)score[j] > max ? (double)score[j] : max;
    for (int j = 0; j < LINEAR_CLASSES; j++)
        sum += exp((double)score[j] - max);
    for (int j = 0; j < LINEAR_CLASSES; j++)
        if (s->probe) {
            d[j] = s->probe[image*LINEAR_CLASSES + j];
            loss += (double)d[j]*(double)score[j];
        } else {
            d[j] = (real)((exp((double)score[j] - max)/sum - (s->labels[image] == j))/s->n);
        }
    if (!s->probe)
        loss = log(sum) - ((double)score[s->labels[image]] - max);
    s->arena[LOSSES + image] = (real)loss;
}

static void linear_loss(const struct step *s, int item, int items, int thread)
{
    (void)thread;
    for (int i = item*s->n/items; i < (item + 1)*s->n/items; i++)
        linear_loss_one(s, i);
}

static void linear_dhidden(const struct step *s, int item, int items, int thread)
{
    (void)items;
    (void)thread;
    for (int u = 0; u < LINEAR_HIDDEN; u++) {
        real sum = 0;
        for (int j = 0; j < LINEAR_CLASSES; j++)
            sum += s->arena[DSCORES + item*LANES + j]*s->arena[W2 + j*LANES + u];
        s->arena[DHIDDEN + item*LANES + u] = s->arena[HIDDEN + item*LANES + u] > 0 ? sum : 0;
    }
}

/* The gradient of one unit's bias over the batch, and its update. */
static void linear_update_bias(const struct step *s, int param, int bias, int dy, int units)
{
    real g[LANES] = { 0 };
    for (int u = 0; u < units; u++)
        for (int i = 0; i < s->n; i++)
            g[u] += s->arena[dy + i*LANES + u];
    const struct rule *rule = s->rule + param;
    rule->update(s->arena + bias, s->arena + bias + LANES, s->arena + bias + 2*LANES, g, LANES,
                 &rule->hyper);
}

static void linear_update2(const struct step *s, int item, int items, int thread)
{
    (void)items;
    (void)thread;
    real g[LANES] = { 0 }, *w = s->arena + W2 + item*LANES;
    for (int i = 0; i < s->n; i++)
        for (int u = 0; u < LINEAR_HIDDEN; u++)
            g[u] += s->arena[DSCORES + i*LANES + item]*s->arena[HIDDEN + i*LANES + u];
    const struct rule *rule = s->rule + 2;
    s->sumsq[item] = rule->update(w, w + W2_SIZE, w + 2*W2_SIZE, g, LANES, &rule->hyper);
    if (item == 0)
        linear_update_bias(s, 3, B2, DSCORES, LINEAR_CLASSES);
}

static void linear_update1_scaled(const struct step *s, int item, real scale)
{
    real g[LINEAR_IN] = { 0 }, *w = s->arena + W1 + item*LINEAR_IN;
    for (int i = 0; i < s->n; i++)
        for (int k = 0; k < LINEAR_IN; k++)
            g[k] += scale*s->arena[DHIDDEN + i*LANES + item]*linear_pixel(s, i, k);
    const struct rule *rule = s->rule;
    s->sumsq[LINEAR_CLASSES + item] = rule->update(w, w + W1_SIZE, w + 2*W1_SIZE, g, LINEAR_IN,
                                                   &rule->hyper);
    if (item == 0)
        linear_update_bias(s, 1, B1, DHIDDEN, LINEAR_HIDDEN);
}

static void linear_update1(const struct step *s, int item, int items, int thread)
{
    (void)items;
    (void)thread;
    linear_update1_scaled(s, item, 1);
}

static void linear_update1_wrong(const struct step *s, int item, int items, int thread)
{
    (void)items;
    (void)thread;
    linear_update1_scaled(s, item, (real)1.00001);
}

static double linear_squares(const real *w, size_t count)
{
    double sum = 0;
    for (size_t k = 0; k < count; k++)
        sum += (double)w[k]*(double)w[k];
    return sum;
}

static double linear_store(real *w, real *m, real *v, const real *g, size_t count,
                           const struct hyper *h)
{
    (void)v;
    (void)h;
    for (size_t k = 0; k < count; k++)
        m[k] = g[k] + h->reg*w[k];
    return linear_squares(w, count);
}

static double linear_sgd(real *w, real *m, real *v, const real *g, size_t count,
                         const struct hyper *h)
{
    double sum = linear_squares(w, count);
    (void)m;
    (void)v;
    for (size_t k = 0; k < count; k++)
        w[k] -= h->lr*(g[k] + h->reg*w[k]);
    return sum;
}

static double linear_adam(real *w, real *m, real *v, const real *g, size_t count,
                          const struct hyper *h)
{
    double sum = linear_squares(w, count);
    for (size_t k = 0; k < count; k++) {
        real d = g[k] + h->reg*w[k];
        m[k] = h->beta1*m[k] + (1 - h->beta1)*d;
        v[k] = h->beta2*v[k] + (1 - h->beta2)*d*d;
        w[k] -= h->step*m[k]/((real)sqrt((double)(v[k]*h->unbias2)) + h->eps);
    }
    return sum;
}

static void linear_pack(const struct step *s, int param)
{
    (void)s;
    (void)param;
}

static void linear_fold(const struct step *s)
{
    (void)s;
}

static double linear_peak(long rounds)
{
    volatile double x = 1;
    for (long r = 0; r < rounds; r++)
        x = fma(x, 0.999, 0.001);
    return 2.0*(double)rounds;
}

static const struct region linear_forward[] = {
    { "affine1 forward", SPLIT_IMAGES, 3, 2.0*LINEAR_IN*LINEAR_HIDDEN, linear_hidden, 0, 0, 0,
      0, 0, 0, 0 },
    { "affine2 forward", SPLIT_IMAGES, 1, 2.0*LINEAR_HIDDEN*LINEAR_CLASSES, linear_scores, 0, 0,
      0, 0, 0, 0, 0 },
};

#define LINEAR_BACKWARD(update1) { \
    { "softmax loss", SPLIT_GROUPS, 0, 0, linear_loss, 0, 0, 0, 0, 0, 0, 0 }, \
    { "affine2 data gradient", SPLIT_IMAGES, 1, 2.0*LINEAR_HIDDEN*LINEAR_CLASSES, \
      linear_dhidden, 0, 0, 0, 0, 2, 0, 0 }, \
    { "affine2 backward", SPLIT_FIXED, LINEAR_CLASSES, 2.0*LINEAR_HIDDEN*LINEAR_CLASSES, \
      linear_update2, 0, 0, 0, 2, 4, 0, 0 }, \
    { "affine1 backward", SPLIT_FIXED, LINEAR_HIDDEN, 2.0*LINEAR_IN*LINEAR_HIDDEN, update1, \
      0, 0, 0, 0, 2, 0, 1 } }

static const struct region linear_backward[] = LINEAR_BACKWARD(linear_update1);
static const struct region linear_backward_wrong[] = LINEAR_BACKWARD(linear_update1_wrong);

static const struct decision linear_decisions[] = {
    { HIDDEN, LANES, 1, 1, LINEAR_HIDDEN, LINEAR_HIDDEN, 0, 0, 0 }
};

static const struct layer_info linear_info[] = {
    { "affine1", "affine 6", -1, 0, LINEAR_HIDDEN, 1, 1, 294, 576, 576 },
    { "relu1", "relu", 0, 0, LINEAR_HIDDEN, 1, 1, 0, 0, 0 },
    { "affine2", "affine 4", 1, 0, LINEAR_CLASSES, 1, 1, 28, 48, 96 },
    { "softmax1", "softmax", 2, 0, LINEAR_CLASSES, 1, 1, 0, 0, 0 },
};

#define LINEAR_MODEL(regions) { \
    .name = "linear", .isa = "scalar", \
    .layers = "input 3x4x4\naffine1: affine 6\nrelu\naffine2: affine 4\nsoftmax\n", \
    .info = linear_info, .ninfo = 4, \
    .in_c = LINEAR_C, .in_h = LINEAR_H, .in_w = LINEAR_W, \
    .out_c = LINEAR_CLASSES, .out_h = 1, .out_w = 1, .classes = LINEAR_CLASSES, \
    .objective = OBJECTIVE_SOFTMAX, .batch = LINEAR_BATCH, \
    .input = INPUT + INPUT_FIRST, .input_image = IMAGE, .input_row = ROW, \
    .scores = SCORES, .scores_image = LANES, .losses = LOSSES, \
    .arena = ARENA, .scratch = LANES, .nsumsq = LINEAR_CLASSES + LINEAR_HIDDEN, \
    .params = linear_params, .nparams = 4, \
    .forward = linear_forward, .nforward = 2, .backward = regions, .nbackward = 4, \
    .infer = linear_forward, .ninfer = 2, .infer_arena = ARENA, \
    .decisions = linear_decisions, .ndecisions = 1, \
    .pack = linear_pack, .fold = linear_fold, \
    .update = { [UPDATE_STORE] = linear_store, [UPDATE_SGD] = linear_sgd, \
                [UPDATE_ADAM] = linear_adam }, \
    .peak = linear_peak, \
    .train = { .optimizer = UPDATE_ADAM, .rate = { 1e-2, 0.9, 0.999, 1e-8, 0 }, .reg = 1e-3, \
               .lr_decay = 0.95, .epochs = 2, .batch = 20, .sample = SAMPLE_REPLACEMENT } }

const struct model linear_model = LINEAR_MODEL(linear_backward);
const struct model linear_model_wrong = LINEAR_MODEL(linear_backward_wrong);

const struct model *const lathe_models[] = { &linear_model };
const int lathe_nmodels = 1;

struct dataset linear_data(uint8_t pixels[LINEAR_IMAGES*LINEAR_IN], int32_t labels[LINEAR_IMAGES])
{
    const int train = LINEAR_IMAGES - LINEAR_VAL;
    struct dataset d = { .source = "test", .c = LINEAR_C, .h = LINEAR_H, .w = LINEAR_W,
                         .classes = LINEAR_CLASSES };
    for (int i = 0; i < LINEAR_IMAGES*LINEAR_IN; i++)
        pixels[i] = (uint8_t)((unsigned)i*2654435761u >> 24);
    for (int i = 0; i < LINEAR_IMAGES; i++)
        labels[i] = i % LINEAR_CLASSES;
    d.train = (struct images){ .count = (size_t)train, .bytes = pixels, .labels = labels,
                               .c = LINEAR_C, .h = LINEAR_H, .w = LINEAR_W };
    d.val = d.train;
    d.val.count = LINEAR_VAL;
    d.val.bytes = pixels + train*LINEAR_IN;
    d.val.labels = labels + train;
    return d;
}
