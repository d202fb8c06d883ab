/*
** test_targets.c - what scores are compared with where it is no label, what classes count, and the
** area under a ROC.
*/
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/auc.h"
#include "base/error.h"
#include "base/random.h"
#include "core/objective.h"
#include "data/arrays.h"
#include "data/data.h"
#include "data/feed.h"
#include "settings/class_weights.h"
#include "support/linear_model.h"
#include "train/solver.h"
#include "train/weigh.h"

/* ---- arrays ---- */

static const struct data_options row = { .out_c = 3, .out_h = 1, .out_w = 1 };
static const struct data_options one = { .out_c = 1, .out_h = 1, .out_w = 1, .shares = true };
static const struct data_options map = { .out_c = 2, .out_h = 1, .out_w = 3 };

/* A shape for two images; words: "" where it is taken. */
static const struct { const struct data_options *o; int rank; size_t dim[5]; const char *words; }
shapes[] = {
    { &row, 2, { 2, 3 }, "" }, { &row, 4, { 2, 3, 1, 1 }, "" }, { &row, 3, { 2, 1, 3 }, "" },
    { &one, 1, { 2 }, "" }, { &one, 2, { 2, 1 }, "" }, { &map, 4, { 2, 2, 1, 3 }, "" },
    { &map, 3, { 2, 2, 3 }, "" },
    { &row, 1, { 2 }, "d/y.npy: shape (2,); the targets of 2 images are (2, 3, 1, 1), as the "
      "network's scores are; labels are for softmax and svm" },
    { &row, 2, { 3, 2 }, "shape (3, 2); the targets" }, { &row, 2, { 2, 4 }, "shape (2, 4)" },
    { &row, 2, { 1, 3 }, "shape (1, 3)" }, { &row, 0, { 0 }, "shape ()" },
    { &row, 3, { 2, 3, 2 }, "shape (2, 3, 2)" }, { &map, 4, { 2, 3, 1, 2 }, "(2, 2, 1, 3)" },
    { &map, 2, { 2, 6 }, "(2, 2, 1, 3)" },
};

Test(targets, have_the_shape_of_the_scores)
{
    float values[32] = { 0 };
    real out[32];
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
        struct npy y = { .type = NPY_F4, .rank = shapes[k].rank, .count = 1, .data = values };
        char err[ERR_SIZE] = "";
        memcpy(y.dim, shapes[k].dim, sizeof shapes[k].dim);
        for (int d = 0; d < y.rank; d++)
            y.count *= y.dim[d];
        bool taken = arrays_targets(&y, "d/y.npy", 2, shapes[k].o, out, err);
        cr_expect(taken == !*shapes[k].words, "%zu: %s", k, err);
        cr_expect(strstr(err, shapes[k].words), "no \"%s\" in: %s", shapes[k].words, err);
    }
}

/* Of an autoencoder every other test image ends with the second half of the one before: labels
** tell which, and the first halves are its own, as are the images it learns from. */
Test(targets, of_the_synthetic_anomalies_are_images_of_two_halves)
{
    enum { SIZE = 2*6*4, HALF = SIZE/2, N = 12 };
    struct data_options o = { .dir = "synthetic", .c = 2, .h = 6, .w = 4, .target = TARGET_INPUT,
                              .train_samples = N, .val_samples = N, .test_samples = N };
    struct dataset d, plain;
    char err[ERR_SIZE] = "";
    cr_assert(dataset_open(&d, &o, err), "%s", err);
    o.target = TARGET_LABEL;
    cr_assert(dataset_open(&plain, &o, err), "%s", err);
    cr_expect_arr_eq(d.train.bytes, plain.train.bytes, N*SIZE);
    cr_expect_arr_eq(d.val.bytes, plain.val.bytes, N*SIZE);
    for (size_t k = 0; k < N; k++) {
        const uint8_t *image = d.test.bytes + k*SIZE, *own = plain.test.bytes + k*SIZE;
        cr_expect_eq(d.test.labels[k], (int32_t)(k % 2));
        cr_expect_arr_eq(image, own, HALF);
        cr_expect_arr_eq(image + HALF, own + HALF - (k % 2 ? SIZE : 0), HALF);
    }
    cr_expect_arr_neq(d.test.bytes + SIZE, plain.test.bytes + SIZE, SIZE);
    dataset_close(&d);
    dataset_close(&plain);
}

static void expect_values(enum npy_type type, void *values, const char *words)
{
    struct npy y = { .type = type, .rank = 2, .dim = { 2, 1 }, .count = 2, .data = values };
    real out[2];
    char err[ERR_SIZE] = "";
    bool taken = arrays_targets(&y, "y.npy", 2, &one, out, err);
    cr_expect(taken == !*words && strstr(err, words), "no \"%s\" in: %s", words, err);
    cr_expect(!taken || (out[0] == 0 && out[1] == 1));
}

Test(targets, are_of_every_type_finite_and_of_bce_shares)
{
    expect_values(NPY_U1, (unsigned char[]){ 0, 1 }, "");
    expect_values(NPY_I4, (int[]){ 0, 1 }, "");
    expect_values(NPY_I8, (long long[]){ 0, 1 }, "");
    expect_values(NPY_F4, (float[]){ 0, 1 }, "");
    expect_values(NPY_F8, (double[]){ 0, 1 }, "");
    expect_values(NPY_F8, (double[]){ 0, 1.5 }, "1.5 in the targets of image 1; those of bce are");
    expect_values(NPY_I4, (int[]){ -1, 0 }, "-1 in the targets of image 0");
    expect_values(NPY_F4, (float[]){ 0, NAN }, "nan in the targets of image 1");
    expect_values(NPY_F8, (double[]){ INFINITY, 0 }, "inf in the targets of image 0");
}

/* ---- feeding ---- */

/* An autoencoder: the image is the target, in the order of a row or a map, and has no hole. */
static void expect_own(bool as_row)
{
    enum { COUNT = 4 };
    static uint8_t bytes[COUNT*LINEAR_IN];
    const struct augment a = { .flip = FLIP_RANDOM, .translate = 1, .cutout = 2 };
    const struct images set = { .count = COUNT, .c = LINEAR_C, .h = LINEAR_H, .w = LINEAR_W,
                                .bytes = bytes };
    const uint32_t index[COUNT] = { 3, 0, 1, 2 };
    struct model m = linear_model;
    struct engine e;
    char err[ERR_SIZE];
    size_t holes = 0;
    m.classes = LINEAR_IN;
    m.target = TARGET_INPUT;
    m.out_c = as_row ? LINEAR_IN : LINEAR_C;
    m.out_h = as_row ? 1 : LINEAR_H;
    m.out_w = as_row ? 1 : LINEAR_W;
    for (size_t k = 0; k < sizeof bytes; k++)
        bytes[k] = (uint8_t)(1 + k % 250);
    cr_assert(engine_open(&e, &m, 2, err), "%s", err);
    feed_augmented(&e, &set, NULL, index, COUNT, &a, (struct feed_moment){ 3, 1, 40 });
    for (size_t i = 0; i < COUNT; i++)
        for (size_t y = 0; y < LINEAR_H; y++)
            for (size_t x = 0; x < LINEAR_W; x++)
                for (size_t c = 0; c < LINEAR_C; c++) {
                    const size_t at = as_row ? (c*LINEAR_H + y)*LINEAR_W + x
                                             : (y*LINEAR_W + x)*LINEAR_C + c;
                    const real input = engine_input(&e, (int)i)[y*m.input_row + x*LINEAR_C + c];
                    const real target = e.targets[i*LINEAR_IN + at];
                    holes += input == 0 && target != 0;
                    cr_expect(input == target || input == 0);
                }
    cr_expect_gt(holes, 0);
    engine_close(&e);
}

Test(targets, of_an_autoencoder_are_what_it_sees_without_the_hole)
{
    expect_own(true);
    expect_own(false);
}

Test(targets, of_a_map_are_turned_to_its_order)
{
    static uint8_t bytes[2*LINEAR_IN];
    real targets[2*6];
    struct model m = linear_model;
    const struct images set = { .count = 2, .c = LINEAR_C, .h = LINEAR_H, .w = LINEAR_W,
                                .bytes = bytes, .targets = targets };
    struct engine e;
    char err[ERR_SIZE];
    m.classes = 6;
    m.target = TARGET_REALS;
    m.out_c = 2;
    m.out_h = 1;
    m.out_w = 3;
    for (int k = 0; k < 12; k++)
        targets[k] = (real)k;
    cr_assert(engine_open(&e, &m, 1, err), "%s", err);
    feed_batch(&e, &set, NULL, NULL, 0, 2);
    const real expected[] = { 0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11 };
    cr_expect_arr_eq(e.targets, expected, sizeof expected);
    engine_close(&e);
}

/* An image that is its own target, in what the network is given. */
Test(targets, of_bce_that_are_images_are_from_0_to_1_once_preprocessed)
{
    const real values[] = { 0, 2, 1, 4, (real)0.5, 3, 1, 5 };
    real mean[] = { 0, 2 }, means[] = { 0, 2, 0, 2 }, factor[] = { 1, (real)0.5 };
    const struct images set = { .count = 2, .c = 2, .h = 1, .w = 2, .values = values },
                        low = { .count = 1, .c = 1, .h = 1, .w = 1, .values = (real[]){ -1 } };
    const struct { struct preprocess p; const char *words; } cases[] = {
        { { .kind = PREPROCESS_NONE }, "2 in image 0, as --preprocess none leaves it" },
        { { PREPROCESS_MEAN_IMAGE, means, NULL, 1, 2 }, "as --preprocess mean_image" },
        { { PREPROCESS_SCALE, means, factor, 1, 2 }, "1.5 in image 1, as --preprocess scale" },
        { { PREPROCESS_CHANNEL_NORM, mean, factor, 1, 2 }, "2 in image 0" },
    };
    char err[ERR_SIZE];
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        cr_expect_not(preprocess_shares(&cases[k].p, &set, err), "%zu", k);
        cr_expect(strstr(err, cases[k].words), "no \"%s\" in: %s", cases[k].words, err);
    }
    cr_expect_not(preprocess_shares(&cases[0].p, &low, err));
    factor[0] = (real)0.25;
    means[0] = means[1] = means[2] = means[3] = 0;
    factor[1] = (real)0.2;
    cr_expect(preprocess_shares(&cases[2].p, &set, err), "%s", err);
}

/* Past 0 and 1 the loss falls without end, and below 0 no check was ever the best. */
Test(targets, of_bce_beyond_0_and_1_begin_no_run)
{
    enum { COUNT = 30 };
    static uint8_t pixels[COUNT*LINEAR_IN];
    const struct images set = { .count = COUNT, .bytes = pixels, .c = LINEAR_C, .h = LINEAR_H,
                                .w = LINEAR_W };
    const struct dataset d = { .train = set, .val = set };
    const struct preprocess none = { .mean = NULL };
    struct model m = linear_model;
    struct solver_options o;
    struct solver_report report;
    struct solver s;
    struct engine e;
    char err[ERR_SIZE];
    m.objective = OBJECTIVE_BCE;
    m.target = TARGET_INPUT;
    solver_defaults(&o, &m);
    cr_assert(engine_open(&e, &m, 1, err), "%s", err);
    for (int k = 0; k < 3; k++) {
        static const char *const words[] = { "2 in image 29, as --preprocess none leaves it, is no "
                                             "target of bce", "", "brightness and contrast move" };
        pixels[COUNT*LINEAR_IN - 1] = k ? 1 : 2;
        o.train.augment.contrast = k < 2 ? 0 : 0.1;
        *err = 0;
        cr_expect(solver_open(&s, &e, &d, &none, &o, &report, err) == (k == 1), "%d", k);
        cr_expect(strstr(err, words[k]), "no \"%s\" in: %s", words[k], err);
        solver_close(&s);
    }
    engine_close(&e);
}

/* ---- classes ---- */

Test(class_weights, that_say_nothing_usable_are_refused)
{
    static const struct { const char *text, *words; } bad[] = {
        { "1,2", "2 weights of 4 classes" }, { "1", "1 weight of 4 classes" },
        { "1,2,3,4,5", "5 weights of 4" }, { "0,0,0,0", "all are 0" },
        { "1,-2,3,4", "class 1 is -2; weights are 0 or more" },
        { "1,2,nan,4", "the weight of class 2 is nan" },
        { "inf,1,1,1", "class 0 is inf" }, { "1e300,1,1,1", "class 0 is 1e+300" },
        { "", "not \"\"" }, { "1,,2,3", "not \"\"" }, { "1,2,3,4x", "not \"4x\"" },
        { "1;2;3;4", "not \"1;2;3;4\"" }, { "even", "expected `balanced` or 4 numbers" },
        { "1,2,3,", "not \"\"" },
    };
    char err[ERR_SIZE];
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        cr_expect_not(class_weights_read(bad[k].text, OBJECTIVE_SVM, TARGET_LABEL, 4, NULL,
                                         err), "%s",
                      bad[k].text);
        cr_expect(strstr(err, bad[k].words), "no \"%s\" in: %s", bad[k].words, err);
    }
    cr_expect_not(class_weights_read("balanced", OBJECTIVE_MSE, TARGET_REALS, 4, NULL, err));
    cr_expect(strstr(err, "of bce's targets; this loss takes others"), "%s", err);
    cr_expect_not(class_weights_read("balanced", OBJECTIVE_BCE, TARGET_INPUT, 4, NULL, err));
    cr_expect_not(class_weights_read("1,2", OBJECTIVE_BCE, TARGET_REALS, 4, NULL, err));
    cr_expect(strstr(err, "2 weights of 4 scores"), "%s", err);
}

Test(class_weights, balanced_are_images_over_classes_times_the_images_of_one)
{
    const int32_t labels[] = { 0, 0, 0, 1, 3, 3, 0, 0 };
    const real expected[LINEAR_CLASSES] = { (real)0.4, 2, 0, 1 };
    const struct images set = { .count = 8, .labels = labels };
    struct train t = linear_model.train;
    struct engine e;
    char err[ERR_SIZE];
    cr_assert(engine_open(&e, &linear_model, 1, err), "%s", err);
    t.class_weights = class_weights_balanced;
    cr_assert(weigh_classes(&e, &t, &set, err), "%s", err);
    cr_expect_arr_eq(e.weight, expected, sizeof expected);
    t.class_weights = NULL;
    cr_assert(weigh_classes(&e, &t, &set, err));
    cr_expect_null(e.weight);
    engine_close(&e);
}

/* What is not there over what is; of a score that is always or never there, 1. */
Test(class_weights, of_bce_are_balanced_by_each_scores_targets)
{
    const real targets[] = { 1, 0, 1, 0,  0, 0, 1, 1,  0, 0, 1, 1,  0, 0, 1, (real)0.5 };
    const real expected[LINEAR_CLASSES] = { 3, 1, 1, (real)0.6 };
    const struct images set = { .count = 4, .targets = targets };
    struct model m = linear_model;
    struct train t = linear_model.train;
    struct engine e;
    char err[ERR_SIZE];
    m.objective = OBJECTIVE_BCE;
    m.target = TARGET_REALS;
    cr_assert(engine_open(&e, &m, 1, err), "%s", err);
    t.class_weights = class_weights_balanced;
    cr_assert(weigh_classes(&e, &t, &set, err), "%s", err);
    cr_expect_arr_eq(e.weight, expected, sizeof expected);
    engine_close(&e);
}

/* ---- checks ---- */

Test(checks, of_losses_are_better_when_less)
{
    struct model m = linear_model;
    cr_expect(check_better(&m, 0.5, 0.4) && !check_better(&m, 0.4, 0.5));
    cr_expect(check_better(&m, 0, -1) && !strcmp(check_word(&m), "acc"));
    m.target = TARGET_INPUT;
    cr_expect(check_better(&m, 0.4, 0.5) && !check_better(&m, 0.5, 0.4));
    cr_expect(check_better(&m, 9, -1) && !check_better(&m, 9, 9));
    cr_expect_str_eq(check_word(&m), "loss");
}

Test(auc, is_the_share_of_pairs_in_order)
{
    enum { COUNT = 40 };
    struct auc_item item[COUNT];
    for (int round = 0; round < 20; round++) {
        double right = 0, pairs = 0;
        for (int k = 0; k < COUNT; k++)
            item[k] = (struct auc_item){
                (double)random_below(1, RANDOM_CHECK, (uint64_t)round, (uint64_t)k, 9),
                k < 2 ? k : random_below(2, RANDOM_CHECK, (uint64_t)round, (uint64_t)k, 3) == 0 };
        for (int i = 0; i < COUNT; i++)
            for (int k = 0; k < COUNT; k++)
                if (item[i].positive && !item[k].positive) {
                    pairs++;
                    right += item[i].score > item[k].score ? 1
                             : item[i].score == item[k].score ? 0.5 : 0;
                }
        cr_expect_float_eq(auc_of(item, COUNT), right/pairs, 1e-12);
    }
}
