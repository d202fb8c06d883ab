/*
** test_bounds.c - what numbers may be, and which words are taken for slips of others.
*/
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/bounds.h"
#include "base/error.h"
#include "base/nearest.h"
#include "base/synonyms.h"
#include "command/optimizer_options.h"
#include "core/params.h"
#include "base/processors.h"
#include "support/linear_model.h"
#include "train/observed.h"
#include "train/solver.h"

Test(nearest, near_misses_are_slips)
{
    static const struct { const char *word, *known; int slips; } near[] = {
        { "relu", "relu", 0 }, { "ReLU", "relu", 0 }, { "rleu", "relu", 1 },
        { "rel", "relu", 1 }, { "rellu", "relu", 1 }, { "gelo", "gelu", 1 },
        { "conf", "conv", 1 }, { "som", "sum", 1 }, { "adm", "adam", 1 }, { "avx3", "avx2", 1 },
        { "smae", "same", 1 }, { "bacth", "batch", 1 }, { "afine", "affine", 1 },
        { "sigmiod", "sigmoid", 1 }, { "affine2", "affine1", 1 }, { "cosin", "cosine", 1 },
        { "smothing", "smoothing", 1 }, { "leakyrelu", "leaky_relu", 1 },
        { "globlavgpol", "globalavgpool", 2 }, { "maxpoll", "maxpool", 1 },
        { "--nubmer", "--number", 1 }, { "--jsn", "--json", 1 }, { "--ias", "--isa", 1 },
        { "--weight_decay", "--weight-decay", 1 }, { "-weight-decay", "--weight-decay", 0 },
        { "trian", "train", 1 }, { "batchnrom", "batchnorm", 1 },
    };
    for (size_t k = 0; k < sizeof near/sizeof *near; k++)
        cr_expect_eq(nearest_slips(near[k].word, near[k].known), near[k].slips, "%s, %s: %d",
                     near[k].word, near[k].known, nearest_slips(near[k].word, near[k].known));
}

Test(nearest, other_words_are_none)
{
    static const char *const far[][2] = {
        { "silu", "relu" }, { "selu", "relu" }, { "celu", "relu" }, { "celu", "gelu" },
        { "silu", "gelu" }, { "mish", "tanh" }, { "gru", "relu" }, { "lion", "loss" },
        { "lars", "loss" }, { "let", "net" }, { "mse", "set" }, { "fc", "lr" }, { "bn", "in" },
        { "dense", "scale" }, { "linear", "affine" }, { "flatten", "affine" }, { "ln", "lr" },
        { "l1", "lr" }, { "swish", "cosine" }, { "add", "adam" }, { "nll", "relu" },
        { "lstm", "let" }, { "softplus", "softmax" }, { "dropout", "crop" }, { "", "lr" },
        { "what", "--flag" }, { "hinge", "flip" }, { "clamp", "clip" }, { "pool", "loss" },
    };
    for (size_t k = 0; k < sizeof far/sizeof *far; k++)
        cr_expect_eq(nearest_slips(far[k][0], far[k][1]), -1, "%s is no %s", far[k][0], far[k][1]);
}

Test(nearest, words_of_any_length_are_compared)
{
    char word[300];
    memset(word, 'a', sizeof word - 1);
    word[sizeof word - 1] = 0;
    cr_expect_eq(nearest_slips(word, "relu"), -1);
    cr_expect_eq(nearest_slips("relu", word), -1);
    word[64] = 0;
    cr_expect_eq(nearest_slips(word, word), 0);
    cr_expect_eq(nearest_slips(word + 1, word), 1);
}

Test(synonyms, name_our_option)
{
    cr_expect_str_eq(synonym_option("--learning-rate=0.1"), "--lr");
    cr_expect_str_eq(synonym_option("--batch_size"), "--batch");
    cr_expect_str_eq(synonym_option("--NumWorkers"), "--threads");
    cr_expect_str_eq(synonym_option("--init_from=x"), "--from");
    cr_expect_null(synonym_option("--frobnicate"));
    cr_expect_null(synonym_option("--"));
    cr_expect_null(synonym_option("="));
}

Test(bounds, overflow_no_float)
{
    for (int k = 0; k < BOUNDS; k++) {
        cr_expect(bounds[k].most > 0 && isfinite((float)bounds[k].most), "%d", k);
        cr_expect(bounds[k].least >= 0 || k == BOUND_LIMIT, "%d", k);
        cr_expect(isfinite((float)bounds[k].least) && bounds[k].least <= bounds[k].most, "%d", k);
        cr_expect(bounds[k].least == 0 || fabs((double)(float)bounds[k].least) > 0, "%d", k);
        cr_expect(bounds[k].option == bounds[k].least || bounds[k].option == 0, "%d", k);
    }
}

Test(bounds, every_rate_has_its_own)
{
    struct optimizer_options o;
    struct option_row rows[OPTIMIZER_ROWS];
    optimizer_options_rows(&o, &linear_model.train, rows);
    for (int k = 1; k < OPTIMIZER_ROWS; k++) {
        bool share = strstr("--momentum --beta1 --beta2 --decay-rate", rows[k].name) != NULL;
        cr_expect_eq(rows[k].most < 1, share, "%s", rows[k].name);
        cr_expect(isfinite(rows[k].most), "%s", rows[k].name);
    }
}

/* Epochs that no option would take, as a program of an older lathe may have them. */
Test(solver, epochs_without_end_are_refused)
{
    struct solver_options o = { .train = { .epochs = 1e300, .batch = 50 } };
    cr_expect_eq(solver_iterations(&o, 49000), 0);
    o.train.epochs = INFINITY;
    cr_expect_eq(solver_iterations(&o, 49000), 0);
    o.train.epochs = NAN;
    cr_expect_eq(solver_iterations(&o, 49000), 0);
    o.train.epochs = 1e6;
    cr_expect_eq(solver_iterations(&o, 49000), 980000000);
    int32_t label = 0;
    struct dataset d = { .train = { .count = 1, .labels = &label } };
    struct preprocess none = { .mean = NULL };
    struct solver_report report;
    struct engine e;
    char err[ERR_SIZE] = "";
    solver_defaults(&o, &linear_model);
    o.quiet = true;
    o.train.epochs = 1e300;
    cr_assert(engine_open(&e, &linear_model, 1, err), "%s", err);
    params_init(&e, 1, 0.01);
    cr_expect_not(observed_train(&e, &d, &none, &o, &report, err));
    cr_expect(strstr(err, "1e+300 epochs of 1 iterations each are more than"), "%s", err);
    engine_close(&e);
}

/* As a program has it that was built for fewer images at once than its network file says. */
Test(solver, takes_no_more_images_at_once_than_the_program)
{
    struct model m = linear_model;
    struct solver_options o;
    m.batch = 3;
    m.train.batch = 50;
    solver_defaults(&o, &m);
    cr_expect_eq(o.train.batch, 3);
    m.batch = 50;
    solver_defaults(&o, &m);
    cr_expect_eq(o.train.batch, 50);
}

Test(solver, refuses_images_with_nothing_to_compare_and_none_at_all)
{
    uint8_t pixels[LINEAR_IMAGES*LINEAR_IN];
    int32_t labels[LINEAR_IMAGES];
    struct dataset d = linear_data(pixels, labels);
    struct preprocess none = { .mean = NULL };
    struct solver_options o;
    struct solver_report report;
    struct engine e;
    char err[ERR_SIZE] = "";
    solver_defaults(&o, &linear_model);
    cr_assert(engine_open(&e, &linear_model, 0, err), "%s", err);
    cr_expect_eq(workers_count(e.workers), processors_available());
    d.train.labels = NULL;
    cr_expect_not(observed_train(&e, &d, &none, &o, &report, err));
    cr_expect_str_eq(err, "the training images have no labels");
    d.train.count = 0;
    cr_expect_not(observed_train(&e, &d, &none, &o, &report, err));
    cr_expect_str_eq(err, "0 training images: expected 1 to 2^32 - 1");
    engine_close(&e);
}
