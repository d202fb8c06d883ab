/*
** test_solver.c - the solver, averages, feeding and parameter files: on the hand-written network
** and a small set of images that is easily learnt.
*/
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "core/params.h"
#include "core/update.h"
#include "data/feed.h"
#include "data/param_file.h"
#include "page/history.h"
#include "support/linear_model.h"
#include "train/observed.h"
#include "train/solver.h"

enum { TRAIN = 90, VAL = 30, PIXELS = LINEAR_IN };

static uint8_t pixels[(TRAIN + VAL)*PIXELS];
static int32_t labels[TRAIN + VAL];
static char folder[] = "/tmp/lathe-solver-XXXXXX";
static char path[64];

/* Image i shows class i % 4 as the bright quarter of its pixels, with noise. */
static struct dataset easy_data(void)
{
    struct dataset d = { .source = "test", .c = LINEAR_C, .h = LINEAR_H, .w = LINEAR_W,
                         .classes = LINEAR_CLASSES };
    unsigned noise = 1;
    for (int i = 0; i < TRAIN + VAL; i++) {
        labels[i] = i % LINEAR_CLASSES;
        for (int k = 0; k < PIXELS; k++) {
            noise = noise*1664525u + 1013904223u;
            pixels[i*PIXELS + k] = (uint8_t)((k % LINEAR_CLASSES == labels[i] ? 60 : 0) +
                                             (noise >> 24) / 8);
        }
    }
    d.train = (struct images){ .count = TRAIN, .bytes = pixels, .labels = labels,
                               .c = LINEAR_C, .h = LINEAR_H, .w = LINEAR_W };
    d.val = d.train;
    d.val.count = VAL;
    d.val.bytes = pixels + TRAIN*PIXELS;
    d.val.labels = labels + TRAIN;
    return d;
}

static void make_folder(void)
{
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/out", folder);
}

static void remove_folder(void)
{
    unlink(path);
    rmdir(folder);
    memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
}

static char *read_text(const char *name)
{
    static char text[1 << 16];
    FILE *in = fopen(name, "rb");
    cr_assert(in, "%s", name);
    size_t n = fread(text, 1, sizeof text - 1, in);
    text[n] = 0;
    fclose(in);
    return text;
}

static struct solver_options quick_options(void)
{
    struct solver_options o;
    solver_defaults(&o, &linear_model);
    o.quiet = true;
    o.train.rate[RATE_LR] = 3e-3;
    return o;
}

static bool train(const struct solver_options *o, int threads, struct solver_report *report,
                  real *weights, char *err)
{
    struct engine e;
    struct dataset d = easy_data();
    struct preprocess none = { .mean = NULL };
    cr_assert(engine_open(&e, &linear_model, threads, err), "%s", err);
    params_init(&e, o->seed, 0.01);
    bool good = observed_train(&e, &d, &none, o, report, err);
    if (weights)
        memcpy(weights, e.arena, linear_model.arena*sizeof(real));
    engine_close(&e);
    return good;
}

Test(solver, counts_iterations_as_the_course_does)
{
    struct solver_options o = { .train = { .epochs = 1, .batch = 50 } };
    cr_assert_eq(solver_epoch_iterations(&o, 49000), 980);
    cr_assert_eq(solver_epoch_iterations(&o, 99), 1);
    cr_assert_eq(solver_epoch_iterations(&o, 10), 1);
    cr_assert_eq(solver_iterations(&o, 49000), 980);
    o.train.epochs = 0.1;
    cr_assert_eq(solver_iterations(&o, 49000), 98);
    o.train.epochs = 1e-9;
    cr_assert_eq(solver_iterations(&o, 49000), 1);
    o.train.iterations = 7;
    cr_assert_eq(solver_iterations(&o, 49000), 7);
}

Test(solver, learns_an_easy_set)
{
    struct solver_options o = quick_options();
    struct solver_report report;
    char err[ERR_SIZE];
    o.train.epochs = 40;
    cr_assert(train(&o, 2, &report, NULL, err), "%s", err);
    cr_assert_geq(report.best_check, 0.9);
    cr_assert_eq(report.iterations, 160);
}

static void check_same_bits(bool replacement)
{
    static real one[1 << 14], other[1 << 14];
    struct solver_options o = quick_options();
    struct solver_report report;
    char err[ERR_SIZE];
    o.train.sample = replacement ? SAMPLE_REPLACEMENT : SAMPLE_SHUFFLE;
    cr_assert(train(&o, 1, &report, one, err));
    for (int threads = 2; threads <= 8; threads += 2) {
        cr_assert(train(&o, threads, &report, other, err));
        cr_assert_eq(memcmp(one, other, linear_model.arena*sizeof(real)), 0);
    }
    o.seed = 2;
    cr_assert(train(&o, 1, &report, other, err));
    cr_assert_neq(memcmp(one, other, linear_model.arena*sizeof(real)), 0);
}

Test(solver, trains_to_the_same_bits_on_every_thread_count) { check_same_bits(true); }
Test(solver, shuffles_to_the_same_bits_on_every_thread_count) { check_same_bits(false); }

Test(solver, prints_the_courses_lines, .init = cr_redirect_stdout)
{
    struct solver_options o = quick_options();
    struct solver_report report;
    char err[ERR_SIZE], text[4096];
    o.quiet = false;
    o.print_every = 3;
    cr_assert(train(&o, 1, &report, NULL, err), "%s", err);
    fflush(stdout);
    size_t n = fread(text, 1, sizeof text - 1, cr_get_redirected_stdout());
    text[n] = 0;
    cr_assert(strstr(text, "(Iteration 1 / 8) loss: 1."));
    cr_assert(strstr(text, "(Epoch 0 / 2) train acc: 0."));
    cr_assert(strstr(text, "; val_acc: 0."));
    cr_assert(strstr(text, "(Iteration 4 / 8) loss: "));
    cr_assert(strstr(text, "(Iteration 7 / 8) loss: "));
    cr_assert(strstr(text, "(Epoch 2 / 2) train acc: "));
    cr_assert_not(strstr(text, "Iteration 2 "));
    cr_assert_not(strchr(text, '\r'));
}

Test(solver, writes_a_row_for_every_iteration, .init = make_folder, .fini = remove_folder)
{
    struct solver_options o = quick_options();
    struct solver_report report;
    char err[ERR_SIZE];
    o.history = path;
    cr_assert(train(&o, 1, &report, NULL, err), "%s", err);
    char *text = read_text(path), *line = strtok(text, "\n");
    cr_assert_str_eq(line, "iteration,epoch,loss,lr,train_acc,val_acc");
    for (int k = 1; k <= 8; k++) {
        line = strtok(NULL, "\n");
        int iteration, epoch;
        double loss, lr;
        cr_assert_eq(sscanf(line, "%d,%d,%lf,%lf", &iteration, &epoch, &loss, &lr), 4);
        cr_assert_eq(iteration, k);
        cr_assert_eq(epoch, k/4);
        cr_assert_float_eq(lr, k <= 4 ? 3e-3 : 3e-3*0.95, 1e-12);
        bool checked = k == 1 || k % 4 == 0, blank = strstr(line, ",,") != NULL;
        cr_assert_eq(blank, !checked);
    }
    cr_assert_null(strtok(NULL, "\n"));
}

Test(solver, keeps_the_old_files_when_the_first_loss_is_nan, .init = make_folder,
     .fini = remove_folder)
{
    struct solver_options o = quick_options();
    struct solver_report report;
    struct engine e;
    struct dataset d = easy_data();
    struct preprocess none = { .mean = NULL };
    char err[ERR_SIZE];
    FILE *out = fopen(path, "w");
    fputs("old", out);
    fclose(out);
    cr_assert(engine_open(&e, &linear_model, 1, err));
    params_init(&e, 1, 0.01);
    e.arena[linear_model.params[2].at] = (real)NAN;
    o.params = path;
    cr_assert_not(observed_train(&e, &d, &none, &o, &report, err));
    cr_assert(strstr(err, "the loss is nan at iteration 1;"), "%s", err);
    cr_assert_str_eq(read_text(path), "old");
    engine_close(&e);
}

Test(solver, names_the_iteration_of_a_loss_that_is_not_finite)
{
    struct solver_options o = quick_options();
    struct solver_report report;
    char err[ERR_SIZE];
    o.train.rate[RATE_LR] = 1e30;
    o.train.reg = 1e30;
    o.train.epochs = 10;
    o.train.optimizer = UPDATE_SGD;
    cr_assert_not(train(&o, 1, &report, NULL, err));
    char expected[64];
    snprintf(expected, sizeof expected, "at iteration %ld; training stopped",
             report.iterations);
    cr_assert(strstr(err, expected), "%s", err);
}

/* No learning rate mends it. */
Test(solver, names_the_image_that_is_not_finite)
{
    static real values[(TRAIN + VAL)*PIXELS];
    struct solver_options o = quick_options();
    struct solver_report report;
    struct engine e;
    struct dataset d = easy_data();
    struct preprocess none = { .mean = NULL };
    char err[ERR_SIZE];
    values[7*PIXELS + 1] = (real)NAN;
    d.train.bytes = d.val.bytes = NULL;
    d.train.values = values;
    d.val.values = values + TRAIN*PIXELS;
    cr_assert(engine_open(&e, &linear_model, 1, err));
    params_init(&e, 1, 0.01);
    cr_assert_not(observed_train(&e, &d, &none, &o, &report, err));
    cr_assert(strstr(err, "training image 7 (from 0) holds a nan") && !strstr(err, "--lr"), "%s",
              err);
    engine_close(&e);
}

Test(solver, hands_adams_powers_over_as_running_products)
{
    struct solver_options o = quick_options();
    struct engine e;
    struct rules rules;
    char err[ERR_SIZE];
    cr_assert(engine_open(&e, &linear_model, 1, err));
    cr_assert(rules_open(&rules, &e, &o, err));
    rules_apply(&rules, &e, &o, 0, 4, 8);
    rules_apply(&rules, &e, &o, 1, 4, 8);
    struct hyper h = e.rule[0].hyper;
    rules_close(&rules);
    engine_close(&e);
    cr_assert_float_eq((double)h.step, 3e-3/(1 - 0.9*0.9), 1e-8);
    cr_assert_float_eq((double)h.unbias2, 1/(1 - 0.999*0.999), 1e-3);
}

Test(solver, adds_half_of_reg_times_the_squares_to_the_loss)
{
    struct engine e;
    struct dataset d = easy_data();
    struct preprocess none = { .mean = NULL };
    struct hyper with = { .reg = (real)0.5 }, without = { .reg = 0 };
    char err[ERR_SIZE];
    double squares = 0;
    cr_assert(engine_open(&e, &linear_model, 1, err));
    params_init(&e, 3, 0.1);
    feed_batch(&e, &d.train, &none, NULL, 0, LINEAR_BATCH);
    double plain = engine_step(&e, LINEAR_BATCH, e.labels, &without, UPDATE_STORE);
    double loss = engine_step(&e, LINEAR_BATCH, e.labels, &with, UPDATE_STORE);
    for (int p = 0; p < linear_model.nparams; p += 2)
        for (size_t k = 0; k < linear_model.params[p].stored; k++)
            squares += pow((double)e.arena[linear_model.params[p].at + k], 2);
    cr_assert_float_eq(loss - plain, 0.25*squares, 1e-6);
    engine_close(&e);
}

Test(solver, clipping_at_a_length_never_reached_changes_no_bit)
{
    static real plain[1 << 14], clipped[1 << 14];
    struct solver_options o = quick_options();
    struct solver_report report;
    char err[ERR_SIZE];
    o.train.epochs = 3;
    for (int k = 0; k < 2; k++) {
        o.train.optimizer = k ? UPDATE_ADAM : UPDATE_SGD;
        o.train.clip = 0;
        cr_assert(train(&o, 1, &report, plain, err), "%s", err);
        o.train.clip = 1e9;
        cr_assert(train(&o, 3, &report, clipped, err), "%s", err);
        cr_expect_eq(memcmp(plain, clipped, linear_model.arena*sizeof(real)), 0);
    }
}

Test(solver, clips_the_gradient_to_its_length)
{
    struct engine e;
    struct dataset d = easy_data();
    struct preprocess none = { .mean = NULL };
    const struct hyper h = { .lr = 1, .reg = (real)0.5, .keep = 1 };
    static real before[1 << 14];
    char err[ERR_SIZE];
    double moved = 0;
    cr_assert(engine_open(&e, &linear_model, 2, err) && update_make_gradients(&e, err));
    params_init(&e, 3, 0.1);
    feed_batch(&e, &d.train, &none, NULL, 0, LINEAR_BATCH);
    memcpy(before, e.arena, linear_model.arena*sizeof(real));
    engine_rules(&e, &h, UPDATE_SGD);
    double loss = update_clipped(&e, LINEAR_BATCH, e.labels, 0.25);
    for (int k = 0; k < linear_model.nparams; k++)
        for (size_t i = 0; i < linear_model.params[k].stored; i++)
            moved += pow((double)(e.arena[linear_model.params[k].at + i]
                                  - before[linear_model.params[k].at + i]), 2);
    cr_expect_float_eq(sqrt(moved), 0.25, 1e-5);
    memcpy(e.arena, before, linear_model.arena*sizeof(real));
    cr_expect_float_eq(loss, engine_step(&e, LINEAR_BATCH, e.labels, &h, UPDATE_STORE), 1e-9);
    engine_close(&e);
}

Test(solver, stops_when_no_check_is_better)
{
    struct solver_options o = quick_options();
    struct solver_report report;
    char err[ERR_SIZE];
    o.train.rate[RATE_LR] = 0;        /* nothing changes: the first check is the best */
    o.train.epochs = 40;
    o.train.patience = 3;
    cr_assert(train(&o, 2, &report, NULL, err), "%s", err);
    cr_expect(report.stopped);
    cr_expect_eq(report.iterations, 12, "%ld iterations", report.iterations);
    o.train.check_every = 1;
    cr_assert(train(&o, 2, &report, NULL, err), "%s", err);
    cr_expect_eq(report.iterations, 4, "%ld iterations", report.iterations);
}

Test(average, follows_its_formula_and_swaps_back)
{
    struct engine e;
    struct average a;
    char err[ERR_SIZE];
    const struct param *p = &linear_model.params[0];
    cr_assert(engine_open(&e, &linear_model, 2, err), "%s", err);
    real *w = e.arena + p->at;
    w[3] = 8;
    cr_assert(average_open(&a, &e, AVERAGE_EMA, 0.75, 2, err), "%s", err);
    w[3] = 16;
    average_step(&a, &e, 1);
    average_step(&a, &e, 2);
    cr_expect_eq(w[3], 16);
    average_swap(&a, &e);
    cr_expect_eq(w[3], 10);     /* 0.75*8 + 0.25*16, once */
    average_swap(&a, &e);
    cr_expect_eq(w[3], 16);
    average_close(&a);
    w[3] = 8;
    cr_assert(average_open(&a, &e, AVERAGE_LOOKAHEAD, 0.5, 1, err), "%s", err);
    w[3] = 16;
    average_step(&a, &e, 1);
    cr_expect_eq(w[3], 12);     /* it begins there again */
    average_close(&a);
    engine_close(&e);
}

Test(average, of_a_run_is_what_is_checked)
{
    struct solver_options o = quick_options();
    struct solver_report report;
    char err[ERR_SIZE];
    o.train.epochs = 40;
    o.train.average = AVERAGE_EMA;
    o.train.average_rate = 0.9;
    o.train.average_every = 1;
    cr_assert(train(&o, 2, &report, NULL, err), "%s", err);
    cr_expect_geq(report.best_check, 0.9);
    o.train.average_rate = 1;         /* stays where it began */
    cr_assert(train(&o, 2, &report, NULL, err), "%s", err);
    cr_expect_lt(report.best_check, 0.6);
}

Test(feed, classifies_whole_and_partial_batches_alike)
{
    struct engine e;
    struct dataset d = easy_data();
    struct preprocess none = { .mean = NULL };
    char err[ERR_SIZE];
    struct feed_class by_class[LINEAR_CLASSES] = { { 0 } };
    size_t right = 0;
    cr_assert(engine_open(&e, &linear_model, 2, err));
    params_init(&e, 3, 0.1);
    struct feed_result all = feed_classify(&e, &d.train, &none, NULL, TRAIN, by_class, NULL,
                                           NULL);
    for (uint32_t i = 0; i < TRAIN; i++)
        right += feed_classify(&e, &d.train, &none, &i, 1, NULL, NULL, NULL).correct;
    cr_assert_eq(all.correct, right);
    cr_assert(all.finite);
    size_t sum = 0;
    for (int j = 0; j < LINEAR_CLASSES; j++)
        sum += by_class[j].right;
    cr_assert_eq(sum, right);
    engine_close(&e);
}

Test(feed, counts_a_nan_among_the_scores_as_wrong)
{
    struct engine e;
    struct dataset d = easy_data();
    struct preprocess none = { .mean = NULL };
    char err[ERR_SIZE];
    cr_assert(engine_open(&e, &linear_model, 1, err));
    params_init(&e, 3, 0.1);
    e.arena[linear_model.params[3].at + 3] = (real)NAN;
    struct feed_result r = feed_classify(&e, &d.train, &none, NULL, TRAIN, NULL, NULL, NULL);
    cr_assert_eq(r.correct, 0);
    cr_assert_not(r.finite);
    engine_close(&e);
}

static void open_engine(struct engine *e, const struct model *m, double deviation)
{
    char err[ERR_SIZE];
    cr_assert(engine_open(e, m, 1, err), "%s", err);
    params_init(e, 1, deviation);
}

Test(param_file, brings_parameters_and_mean_image_back, .init = make_folder,
     .fini = remove_folder)
{
    struct engine a, b;
    real mean[PIXELS];
    struct preprocess p = { .kind = PREPROCESS_MEAN_IMAGE, .mean = mean,
                            .h = LINEAR_H, .w = LINEAR_W };
    struct param_file_info info;
    char err[ERR_SIZE];
    for (int k = 0; k < PIXELS; k++)
        mean[k] = (real)k/4;
    open_engine(&a, &linear_model, 0.5);
    open_engine(&b, &linear_model, 0);
    cr_assert(param_file_save(path, &a, &p, NULL, err), "%s", err);
    cr_assert(param_file_load(path, &b, &info, err), "%s", err);
    cr_assert_eq(memcmp(a.arena, b.arena, linear_model.arena*sizeof(real)), 0);
    cr_assert_eq(memcmp(info.preprocess.mean, mean, sizeof mean), 0);
    param_file_info_free(&info);
    engine_close(&a);
    engine_close(&b);
}

Test(param_file, keeps_the_size_of_images_larger_than_the_input, .init = make_folder,
     .fini = remove_folder)
{
    enum { H = LINEAR_H + 1, W = LINEAR_W + 3 };
    struct engine e;
    real mean[LINEAR_C*H*W], factor[LINEAR_C] = { 1, 2, 3 };
    struct preprocess p = { PREPROCESS_SCALE, mean, factor, H, W };
    struct dataset d = easy_data();
    struct param_file_info info;
    char err[ERR_SIZE];
    for (int k = 0; k < LINEAR_C*H*W; k++)
        mean[k] = (real)k/4;
    open_engine(&e, &linear_model, 0.5);
    for (int crop = 0; crop < 2; crop++) {
        d.crop = crop;
        cr_assert(param_file_save(path, &e, &p, &d, err), "%s", err);
        cr_assert(param_file_load(path, &e, &info, err), "%s", err);
        cr_expect(info.crop == d.crop && info.preprocess.h == H && info.preprocess.w == W);
        cr_expect_eq(memcmp(info.preprocess.mean, mean, sizeof mean), 0);
        cr_expect_eq(memcmp(info.preprocess.factor, factor, sizeof factor), 0);
        param_file_info_free(&info);
    }
    p.h = LINEAR_H - 1;
    cr_assert(param_file_save(path, &e, &p, &d, err), "%s", err);
    cr_expect_not(param_file_load(path, &e, &info, err));
    cr_expect(strstr(err, "data.mean_image has shape (3, 3, 7), expected (3, 4, 4)"), "%s", err);
    engine_close(&e);
}

/* Saves for linear_model and expects that `m` refuses the file with `message`. */
static void load_wrong(const struct model *m, const char *message)
{
    struct engine a, b;
    struct preprocess none = { .mean = NULL };
    struct param_file_info info;
    char err[ERR_SIZE];
    open_engine(&a, &linear_model, 0.5);
    open_engine(&b, m, 0);
    cr_assert(param_file_save(path, &a, &none, NULL, err), "%s", err);
    cr_assert_not(param_file_load(path, &b, &info, err));
    cr_assert(strstr(err, message), "%s", err);
    cr_assert_eq(b.arena[m->params[0].at], 0);   /* nothing was changed */
    engine_close(&a);
    engine_close(&b);
}

Test(param_file, of_another_network_names_the_first_layer_that_differs, .init = make_folder,
     .fini = remove_folder)
{
    struct model other = linear_model;
    other.layers = "input 3x4x4\naffine1: affine 7\nrelu\naffine2: affine 4\nsoftmax\n";
    load_wrong(&other, "line 2 of its layers is `affine1: affine 6`, this network's is "
               "`affine1: affine 7`");
}

Test(param_file, of_a_shorter_network_is_refused, .init = make_folder, .fini = remove_folder)
{
    struct model other = linear_model;
    other.layers = "input 3x4x4\naffine1: affine 6\nrelu\naffine2: affine 4\nsoftmax\nx\n";
    load_wrong(&other, "line 6 of its layers is ``, this network's is `x`");
}

Test(param_file, without_a_tensor_is_refused, .init = make_folder, .fini = remove_folder)
{
    struct model other = linear_model;
    struct param params[4];
    memcpy(params, linear_model.params, sizeof params);
    params[3].name = "stem.bias";
    other.params = params;
    load_wrong(&other, "tensor stem.bias is missing");
}

Test(param_file, that_is_missing_is_an_error, .init = make_folder, .fini = remove_folder)
{
    struct engine e;
    struct param_file_info info;
    char err[ERR_SIZE];
    open_engine(&e, &linear_model, 0);
    cr_assert_not(param_file_load(path, &e, &info, err));
    cr_assert(strstr(err, path), "%s", err);
    engine_close(&e);
}

Test(schedule, changes_what_training_does)
{
    struct solver_options o = quick_options();
    struct solver_report report;
    char err[ERR_SIZE];
    static real constant[1 << 14], cosine[1 << 14];
    cr_assert(train(&o, 1, &report, constant, err), "%s", err);
    o.train.schedule = SCHEDULE_COSINE;
    cr_assert(train(&o, 1, &report, cosine, err), "%s", err);
    cr_expect(memcmp(constant, cosine, sizeof constant) != 0);
}
