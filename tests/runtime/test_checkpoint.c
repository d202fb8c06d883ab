/*
** test_checkpoint.c - the checkpoint's file on the hand-written network: what comes back, and
** everything that is refused with its reason. Whole runs: test_resume.c.
*/
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "core/params.h"
#include "file/file.h"
#include "settings/option_text.h"
#include "support/linear_model.h"
#include "support/shell.h"
#include "train/checkpoint.h"
#include "train/observed.h"

static uint8_t pixels[LINEAR_IMAGES*LINEAR_IN];
static int32_t labels[LINEAR_IMAGES];

static struct solver_options some_options(void)
{
    struct solver_options o;
    solver_defaults(&o, &linear_model);
    o.quiet = true;
    o.train.average = AVERAGE_EMA;
    o.train.average_rate = 0.9;
    o.train.average_every = 1;
    o.settings = "--epochs=2\n--lr=0.01\n";
    return o;
}

static bool train(const struct model *m, const struct dataset *d, const struct solver_options *o,
                  struct solver_report *report, char *err)
{
    struct engine e;
    struct preprocess none = { .mean = NULL };
    cr_assert(engine_open(&e, m, 2, err), "%s", err);
    params_init(&e, o->seed, 0.01);
    bool good = observed_train(&e, d, &none, o, report, err);
    engine_close(&e);
    return good;
}

/* Four iterations, two epochs of two; the state after them is in NAME. */
static void make_checkpoint(const char *name)
{
    struct solver_options o = some_options();
    struct solver_report report;
    struct dataset d = linear_data(pixels, labels);
    char err[ERR_SIZE] = "";
    o.checkpoint = in_dir(name);
    o.checkpoint_every = 100;
    cr_assert(train(&linear_model, &d, &o, &report, err), "%s", err);
    cr_assert(report.kept == 4 && report.iterations == 4);
}

/* What goes wrong when a run of these options, data and network goes on from the file. */
static bool go_on(const char *name, const struct model *m, const struct dataset *d,
                  struct solver_options *o, char *err)
{
    struct checkpoint c;
    struct solver_report report;
    if (!checkpoint_open(&c, in_dir(name), m, err))
        return false;
    o->from = &c;
    bool good = train(m, d, o, &report, err);
    checkpoint_close(&c);
    return good;
}

static void expect_refused(const struct model *m, const struct dataset *d,
                           struct solver_options o, const char *words)
{
    char err[ERR_SIZE] = "";
    cr_expect_not(go_on("c", m, d, &o, err), "went on; expected: %s", words);
    cr_expect(strstr(err, words) && strstr(err, "/c: "), "no \"%s\" in: %s", words, err);
}

Test(checkpoint, goes_on_and_ends_as_a_run_that_never_stopped, .fini = shell_clean)
{
    struct solver_options o = some_options();
    struct solver_report report;
    struct dataset d = linear_data(pixels, labels);
    char err[ERR_SIZE] = "";
    make_checkpoint("c");
    o.train.epochs = 5;
    o.history = in_dir("whole.csv");
    o.params = in_dir("whole");
    cr_assert(train(&linear_model, &d, &o, &report, err), "%s", err);
    cr_assert_eq(report.iterations, 10);
    o.history = in_dir("parts.csv");
    o.params = in_dir("parts");
    cr_assert(go_on("c", &linear_model, &d, &o, err), "%s", err);
    struct run r = shell("cmp whole.csv parts.csv && cmp whole parts");
    cr_expect(r.status == 0, "%s", r.output);
    run_free(&r);
}

Test(checkpoint, is_a_parameter_file_of_the_best, .fini = shell_clean)
{
    struct engine e;
    struct param_file_info info;
    char err[ERR_SIZE] = "";
    make_checkpoint("c");
    cr_assert(engine_open(&e, &linear_model, 1, err), "%s", err);
    cr_expect(param_file_load(in_dir("c"), &e, &info, err), "%s", err);
    preprocess_free(&info.preprocess);
    engine_close(&e);
}

Test(checkpoint, of_another_run_is_refused_with_what_differs, .fini = shell_clean)
{
    struct dataset d = linear_data(pixels, labels);
    struct solver_options o = some_options();
    struct model other = linear_model;
    make_checkpoint("c");
    other.layers = "input 3x4x4\naffine1: affine 7\nrelu\naffine2: affine 4\nsoftmax\n";
    expect_refused(&other, &d, o, "line 2 of its layers");
    other = linear_model;
    other.train.loss = LOSS_SUM;
    expect_refused(&other, &d, o, "loss was the mean over the images, this program's is the sum");
    struct param params[4];
    memcpy(params, linear_model.params, sizeof params);
    params[2].own.set = OWN_REG;
    params[2].own.reg = 0.5;
    other = linear_model;
    other.params = params;
    expect_refused(&other, &d, o, "affine2.weight: reg was 0.001 in its run and is 0.5 in this");
    o.train.iterations = 3;
    expect_refused(&linear_model, &d, o, "4 iterations are done, and the run is to have 3");
    o = some_options();
    o.train.average = AVERAGE_NONE;
    o.train.optimizer = UPDATE_SGD;
    expect_refused(&linear_model, &d, o, "optimizer was adam in its run and is sgd in this one");
    o = some_options();
    o.train.schedule = SCHEDULE_COSINE;
    expect_refused(&linear_model, &d, o, "affine1.weight: schedule was constant in its run and is "
                   "cosine in this one");
    o = some_options();
    d.train.count--;
    expect_refused(&linear_model, &d, o, "its run had 40 training and 20 validation images, this "
                   "one has 39 and 20");
    d.train.count++;
    labels[3]++;
    expect_refused(&linear_model, &d, o, "other images or labels");
    labels[3]--;
    pixels[(LINEAR_IMAGES - 1)*LINEAR_IN]++;
    expect_refused(&linear_model, &d, o, "other images or labels");
}

Test(checkpoint, without_its_average_is_refused, .fini = shell_clean)
{
    struct dataset d = linear_data(pixels, labels);
    struct solver_options o = some_options(), plain = some_options();
    struct solver_report report;
    char err[ERR_SIZE] = "";
    plain.train.average = AVERAGE_NONE;
    plain.checkpoint = in_dir("c");
    plain.checkpoint_every = 100;
    cr_assert(train(&linear_model, &d, &plain, &report, err), "%s", err);
    expect_refused(&linear_model, &d, o, "tensor state.average.affine1.weight is missing");
}

Test(checkpoint, of_another_version_or_without_a_state_is_refused, .fini = shell_clean)
{
    struct dataset d = linear_data(pixels, labels);
    struct solver_options o = some_options();
    struct solver_report report;
    char err[ERR_SIZE] = "";
    make_checkpoint("c");
    struct run r = shell("sed -i 's/\"state\":\"1\"/\"state\":\"9\"/' c");
    run_free(&r);
    expect_refused(&linear_model, &d, o, "a checkpoint of version 9, this program reads version 1");
    o.params = in_dir("c");
    cr_assert(train(&linear_model, &d, &o, &report, err), "%s", err);
    expect_refused(&linear_model, &d, some_options(), "it has no training state, only parameters");
}

/* The file c with one tensor's type or data changed, by a program that has its own mind. */
static void change_tensor(const char *name, const void *data, enum tensor_type type)
{
    struct safetensors s;
    struct tensor_metadata kept[32];
    char err[ERR_SIZE] = "";
    int entries = 0;
    bool changed = false;
    cr_assert(safetensors_read(&s, in_dir("c"), err), "%s", err);
    for (int k = 0; k < s.count; k++)
        if (strcmp(s.tensor[k].name, name) == 0) {
            s.tensor[k].data = data;
            s.tensor[k].type = type;
            changed = true;
        }
    for (int k = 0; k < s.entries; k++)
        if (strcmp(s.metadata[k].key, "checksum") != 0)
            kept[entries++] = s.metadata[k];
    cr_assert(changed && safetensors_write(in_dir("c"), s.tensor, s.count, kept, entries, err),
              "%s", err);
    safetensors_close(&s);
}

Test(checkpoint, of_numbers_that_no_run_has_is_refused_whatever_its_checksum, .fini = shell_clean)
{
    static const int64_t counts[8] = { -1 };
    static const double large[LINEAR_HIDDEN*LINEAR_IN];
    struct dataset d = linear_data(pixels, labels);
    const struct solver_options o = some_options();
    make_checkpoint("c");
    change_tensor("state.first.affine1.weight", large, LATHE_F64 ? TENSOR_F32 : TENSOR_F64);
    expect_refused(&linear_model, &d, o, "tensor state.first.affine1.weight has another type than "
                   "affine1.weight");
    make_checkpoint("c");
    change_tensor("state.counts", counts, TENSOR_I64);
    expect_refused(&linear_model, &d, o, "damaged: state.counts has -1, expected 0 to ");
}

/* Whatever byte is changed: the file is refused by its name, or the byte had no meaning, and the
** run ends as it would have. */
Test(checkpoint, damaged_anywhere_is_refused_or_the_same, .fini = shell_clean)
{
    struct dataset d = linear_data(pixels, labels);
    struct solver_options o = some_options();
    char err[ERR_SIZE] = "";
    size_t size, refused = 0;
    make_checkpoint("c");
    unsigned char *bytes = file_read(in_dir("c"), &size, err);
    cr_assert(bytes, "%s", err);
    o.train.epochs = 3;
    o.params = in_dir("whole");
    cr_assert(go_on("c", &linear_model, &d, &o, err), "%s", err);
    o.params = in_dir("parts");
    for (size_t k = 0; k < size; k++) {
        bytes[k] ^= 1;
        write_bytes("bad", bytes, size);
        bytes[k] ^= 1;
        struct checkpoint c;
        bool opened = checkpoint_open(&c, in_dir("bad"), &linear_model, err);
        if (opened)
            checkpoint_close(&c);
        if (opened && go_on("bad", &linear_model, &d, &o, err)) {
            size_t a, b;
            void *whole = file_read(in_dir("whole"), &a, err);
            void *parts = file_read(in_dir("parts"), &b, err);
            cr_expect(whole && parts && a == b && !memcmp(whole, parts, a), "byte %zu", k);
            free(whole);
            free(parts);
        } else {
            cr_expect(strstr(err, "/bad: "), "byte %zu: %s", k, err);
            refused++;
        }
    }
    cr_expect_geq(refused, size*95/100);
    free(bytes);
}

Test(checkpoint, cut_anywhere_is_refused, .fini = shell_clean)
{
    char err[ERR_SIZE] = "";
    struct checkpoint c;
    size_t size;
    make_checkpoint("c");
    unsigned char *bytes = file_read(in_dir("c"), &size, err);
    cr_assert(bytes, "%s", err);
    for (size_t k = 0; k < size; k += k < 64 ? 1 : 61) {
        write_bytes("cut", bytes, k);
        cr_expect_not(checkpoint_open(&c, in_dir("cut"), &linear_model, err), "%zu bytes", k);
        cr_expect(strstr(err, "/cut: "), "%zu bytes: %s", k, err);
    }
    free(bytes);
}

Test(checkpoint, of_spoilt_parameters_does_not_replace_a_good_one, .fini = shell_clean)
{
    struct dataset d = linear_data(pixels, labels);
    struct solver_options o = some_options();
    struct solver_report report;
    char err[ERR_SIZE] = "";
    o.checkpoint = in_dir("c");
    o.checkpoint_every = 1;
    o.train.epochs = 10;
    o.train.average = AVERAGE_NONE;
    o.train.optimizer = UPDATE_SGD;
    o.train.rate[RATE_LR] = LATHE_F64 ? 1e40 : 1e6;
    o.train.reg = LATHE_F64 ? 1e40 : 1e6;
    cr_assert_not(train(&linear_model, &d, &o, &report, err));
    cr_assert(report.diverged && report.kept > 0, "%s", err);
    cr_expect(strstr(err, "; the checkpoint of iteration "), "%s", err);
    struct checkpoint c;
    cr_assert(checkpoint_open(&c, o.checkpoint, &linear_model, err), "%s", err);
    cr_expect_eq(c.iteration, report.kept);
    checkpoint_close(&c);
}

/* ---- options as text ---- */

Test(option_text, brings_every_bit_back_and_names_what_differs)
{
    enum { ROWS = 8 };
    long n = 7, none = OPTION_UNSET;
    double x = 0.1 + 0.2;
    bool flag = true, kept = true, not = false;
    const char *path = "somewhere";
    int word = 0;
    const char *const words[] = { "red", "green", NULL };
    const struct option_row rows[] = {
        { "--number", OPTION_INTEGER, "N", &n, 0, 10, NULL, "" },
        { "--unset", OPTION_INTEGER, "N", &none, 0, 10, NULL, "" },
        { "--real", OPTION_REAL, "X", &x, 0, 1, NULL, "" },
        { "--word", OPTION_CHOICE, "W", &word, 0, 0, words, "" },
        { "--path", OPTION_TEXT, "P", &path, 0, 0, NULL, "" },
        { "--flag", OPTION_FLAG, NULL, &flag, 0, 0, NULL, "" },
        { "--kept", OPTION_FLAG, NULL, &kept, 0, 1, NULL, "" },
        { "--not", OPTION_FLAG, NULL, &not, 0, 1, NULL, "" },
    };
    static const char *const without[] = { "--path", NULL }, *const except[] = { "--word", NULL };
    struct options o = { .program = "prog", .command = "cmd", .summary = "", .row = rows,
                         .count = ROWS };
    struct option_conflict c;
    int count;
    char *text = option_text_write(rows, ROWS, without), *copy = strdup(text);
    cr_assert_str_eq(text, "--number=7\n--real=0.30000000000000004\n--word=red\n--kept\n");
    n = 0;
    x = 0;
    kept = false;
    word = 1;
    char *other = option_text_write(rows, ROWS, without);
    cr_assert_not(option_text_agree(rows, ROWS, text, other, except, &c));
    cr_expect_str_eq(c.name, "--number");
    cr_expect(!strcmp(c.theirs, "7") && !strcmp(c.ours, "0"), "%s %s", c.theirs, c.ours);
    char **argv = option_text_words(copy, &count);
    cr_assert(argv && count == 4);
    cr_assert_eq(options_parse(&o, count, argv), OPTIONS_OK);
    cr_expect(n == 7 && x == 0.1 + 0.2 && word == 0 && kept && !not);
    word = 1;
    none = 3;
    char *third = option_text_write(rows, ROWS, without);
    cr_assert_not(option_text_agree(rows, ROWS, text, third, except, &c));
    cr_expect(!strcmp(c.name, "--unset") && !strcmp(c.theirs, "not set"), "%s", c.theirs);
    none = OPTION_UNSET;
    n = 7;
    not = true;
    char *fourth = option_text_write(rows, ROWS, without);
    cr_assert_not(option_text_agree(rows, ROWS, text, fourth, except, &c));
    cr_expect(!strcmp(c.name, "--not") && !strcmp(c.theirs, "not set") && !strcmp(c.ours, "yes"));
    free(argv);
    free(copy);
    free(text);
    free(other);
    free(third);
    free(fourth);
}
