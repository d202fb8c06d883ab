/*
** test_values.c - ranges of images' values: which of them tell what a picture's samples are, which
** images are not what a network was trained on, and what a parameter file says of it.
*/
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "data/data.h"
#include "data/param_file.h"
#include "data/values.h"
#include "file/npy.h"
#include "support/linear_model.h"
#include "support/shell.h"

static struct values range(const char *type, double least, double greatest)
{
    struct values v = { .least = least, .greatest = greatest };
    snprintf(v.type, sizeof v.type, "%s", type);
    return v;
}

/* Ranges, and what 0 and 255 are in them; not told where both are 0. */
static const struct { const char *type; double least, greatest, zero, full; } ranges[] = {
    { "u1", 0, 255, 0, 255 }, { "u1", 33, 122, 0, 255 }, { "u1", 0, 0, 0, 255 },
    { "u1", 0, 1, 0, 0 }, { "u1", 1, 1, 0, 0 }, { "u1", 0, 16, 0, 0 }, { "u1", 0, 63, 0, 0 },
    { "f4", 0, 1, 0, 1 }, { "f8", 0.1, 0.9, 0, 1 }, { "f4", 0, 1.000001, 0, 1 },
    { "f4", 0, 0.01, 0, 0 }, { "f4", 0, 0, 0, 0 },
    { "f4", -1, 1, -1, 1 }, { "f8", -1, 0.9921875, -1, 1 }, { "f4", -0.7, 1, 0, 0 },
    { "f4", 0, 255, 0, 255 }, { "f8", 12, 200, 0, 255 }, { "f8", 0, 16, 0, 0 },
    { "f8", 0, 100, 0, 0 }, { "f4", -0.4242, 2.8215, 0, 0 }, { "f4", -123.7, 151.1, 0, 0 },
    { "f4", 0, 65535, 0, 0 }, { "", 0, 0, 0, 255 },
};

Test(values, tell_what_a_pictures_samples_are_only_where_there_is_no_doubt)
{
    for (size_t k = 0; k < sizeof ranges / sizeof *ranges; k++) {
        struct values v = range(ranges[k].type, ranges[k].least, ranges[k].greatest);
        struct values_scale s;
        bool told = ranges[k].full != 0;
        cr_expect_eq(values_scale_of(&s, &v), told, "%s %g %g", v.type, v.least, v.greatest);
        cr_expect(!told || (s.pairs == 1 && s.zero[0] == ranges[k].zero
                            && s.full[0] == ranges[k].full), "%s %g %g: %g %g", v.type, v.least,
                  v.greatest, s.zero[0], s.full[0]);
    }
}

/* What was trained on, what is brought, and whether it is of the same kind. */
static const struct { const char *one; double a, b; const char *other; double c, d; bool same; }
pairs[] = {
    { "u1", 0, 255, "u1", 3, 40, true }, { "u1", 0, 255, "u1", 0, 1, false },
    { "u1", 0, 1, "u1", 0, 255, false }, { "u1", 0, 1, "u1", 0, 0, true },
    { "u1", 0, 255, "f4", 0, 255, true }, { "f4", 0, 255, "u1", 9, 250, true },
    { "u1", 0, 255, "f4", 0, 1, false }, { "f4", 0, 1, "u1", 0, 255, false },
    { "f4", 0, 1, "f8", 0, 0.98, true }, { "f4", 0, 1, "f4", -0.1, 1.1, true },
    { "f4", 0, 1, "f4", -0.4242, 2.8215, false }, { "f4", -0.4242, 2.8215, "f4", 0, 1, false },
    { "f4", -0.4242, 2.8215, "f4", -0.4242, 2.6, true }, { "f4", -1, 1, "f4", 0, 1, false },
    { "f4", 0, 1, "f4", -1, 1, false }, { "f8", 0, 16, "f8", 0, 15, true },
    { "f8", 0, 16, "u1", 0, 16, true }, { "u1", 0, 16, "u1", 0, 255, false },
    { "f8", 0, 16, "f8", 0, 1, false }, { "f4", -2, 2.3, "f4", 0, 255, false },
    { "f4", -2, 2.3, "f4", -1.8, 2.1, true }, { "f4", 0, 1, "f4", 0.5, 0.5, true },
    { "f4", -2, 2.3, "f4", -0.5, 0.4, true }, { "f4", -2, 2.3, "f4", -0.1, 0.1, false },
    { "f4", -2, 2.3, "f4", -0.3, -0.3, true }, { "f4", -2, 2.3, "f4", 0.3, 0.4, false },
    { "f4", 0, 1, "f4", -0.2, 0.5, false },
    { "", 0, 0, "f4", 0, 1, true }, { "f4", 0, 1, "", 0, 0, true },
};

Test(values, of_another_range_are_not_alike)
{
    for (size_t k = 0; k < sizeof pairs / sizeof *pairs; k++) {
        struct values one = range(pairs[k].one, pairs[k].a, pairs[k].b);
        struct values other = range(pairs[k].other, pairs[k].c, pairs[k].d);
        cr_expect_eq(values_alike(&one, &other), pairs[k].same, "%s %g %g and %s %g %g", one.type,
                     one.least, one.greatest, other.type, other.least, other.greatest);
    }
}

Test(values, become_those_of_another_range_by_one_line)
{
    static const struct { const char *one; double a, b; const char *other; double c, d;
                          const char *line; } lines[] = {
        { "u1", 0, 255, "f4", 0, 1, "x/255" }, { "f4", 0, 1, "u1", 0, 255, "x*255.0" },
        { "u1", 0, 255, "f4", -1, 1, "x/127.5 - 1" }, { "f4", -1, 1, "f4", 0, 1, "x/2 + 0.5" },
        { "u1", 0, 1, "f4", -1, 1, "x*2.0 - 1" }, { "f4", -3, 3, "f4", 0, 1, "" },
    };
    char text[64];
    for (size_t k = 0; k < sizeof lines / sizeof *lines; k++) {
        struct values from = range(lines[k].one, lines[k].a, lines[k].b);
        struct values to = range(lines[k].other, lines[k].c, lines[k].d);
        cr_expect_str_eq(values_mend(&from, &to, text, sizeof text), lines[k].line);
    }
}

Test(values, of_samples_are_scaled_exactly)
{
    struct values_scale s;
    struct values unit = range("f4", 0, 1), sign = range("f4", -1, 1), byte = range("u1", 0, 255);
    for (int v = 0; v < 256; v++) {
        real x[3] = { (real)v, (real)v, (real)v };
        cr_assert(values_scale_of(&s, &unit));
        values_scale_apply(&s, x, 1, 1);
        cr_assert(values_scale_of(&s, &sign));
        values_scale_apply(&s, x + 1, 1, 1);
        cr_assert(values_scale_of(&s, &byte));
        values_scale_apply(&s, x + 2, 1, 1);
        cr_expect(x[0] == (real)v/(real)255 && x[1] == (real)(v/127.5 - 1) && x[2] == (real)v,
                  "%d: %g %g %g", v, (double)x[0], (double)x[1], (double)x[2]);
    }
}

Test(values, may_be_told_for_each_channel)
{
    struct values_scale s;
    char err[ERR_SIZE];
    real x[4] = { 0, 255, 0, 255 };
    cr_assert(values_scale_parse(&s, "-1,1,0,0.5", 2, err), "%s", err);
    values_scale_apply(&s, x, 2, 2);
    cr_expect(x[0] == -1 && x[1] == 1 && x[2] == 0 && x[3] == (real)0.5);
    cr_expect(values_scale_parse(&s, "0,255", 2, err) && values_scale_plain(&s));
    static const char *const bad[] = { "", "1", "0,1,", "0,1,2", "0,1,0,1,0,1", "1,1", "0,inf",
                                       "0,nan", "a,b", "0;1", "0,1x" };
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
        cr_expect(!values_scale_parse(&s, bad[k], 2, err) && strstr(err, "expected LO,HI"),
                  "%s: %s", bad[k], err);
}

Test(values, come_back_from_their_text)
{
    static const char *const bad[] = { "", "f4", "f4 0", "f4 0 ", "f4 0 x", "f4 1 0", "u2 0 1",
                                       "f4 0 1 2", "f4 0 inf", "f40 1", "f4  0 1 " };
    struct values v = range("f8", -0.4242129623889923, 2.821486711502075), back;
    char text[64];
    values_write(&v, text, sizeof text);
    cr_expect_str_eq(text, "f8 -0.424212962 2.82148671");
    cr_expect(values_read(&back, text) && strcmp(back.type, "f8") == 0);
    cr_expect_float_eq(back.greatest, v.greatest, 1e-8);
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
        cr_expect_not(values_read(&back, bad[k]), "\"%s\"", bad[k]);
}

Test(values, that_are_not_finite_do_not_count)
{
    const real x[4] = { (real)NAN, 1, (real)INFINITY, 0 };
    struct images set = { .count = 2, .c = 1, .h = 1, .w = 2, .values = x };
    struct values v;
    values_find(&v, &set);
    cr_expect(v.type[0] == 'f' && v.least == 0 && v.greatest == 1);
    set.count = 1;
    set.w = 1;
    values_find(&v, &set);
    cr_expect(v.type[0] == '\0');
}

/* ---- sets ---- */

enum { N = 30, SIZE = 2*3, IMAGES = N*SIZE };

static const struct data_options small = { .c = 2, .h = 1, .w = 3, .classes = 4,
    .train_samples = -1, .val_samples = -1, .test_samples = -1, .seed = 1 };

/* Images that begin with `first` and else hold zero + k/255*(full - zero), k from 0 to 255. */
static void write_images(const char *part, bool bytes, double first, double zero, double full)
{
    const size_t dim[] = { N, 2, 1, 3 }, n = N;
    static float x[IMAGES];
    static uint8_t b[IMAGES], y[N];
    char name[64], err[ERR_SIZE];
    for (int k = 0; k < IMAGES; k++) {
        x[k] = (float)(k ? zero + (k + 255)*37 % 256/255.0*(full - zero) : first);
        b[k] = (uint8_t)x[k];
    }
    snprintf(name, sizeof name, "x_%s.npy", part);
    cr_assert(npy_write(in_dir(name), bytes ? NPY_U1 : NPY_F4, dim, 4,
                        bytes ? (void *)b : (void *)x, err), "%s", err);
    snprintf(name, sizeof name, "y_%s.npy", part);
    cr_assert(npy_write(in_dir(name), NPY_U1, &n, 1, y, err), "%s", err);
}

static bool open_small(struct dataset *d, long train_samples, char *err)
{
    struct data_options o = small;
    o.dir = shell_dir();
    o.train_samples = train_samples;
    return dataset_open(d, &o, err);
}

Test(values, are_those_of_all_training_images_though_few_train, .fini = shell_clean)
{
    struct dataset d;
    char err[ERR_SIZE];
    write_images("train", false, 0.5, 0, 1);
    write_images("val", false, 0.5, 0, 1);
    cr_assert(open_small(&d, 1, err), "%s", err);
    cr_expect(d.train.count == 1 && strcmp(d.values.type, "f4") == 0 && d.values.least == 0
              && d.values.greatest == 1);
    dataset_close(&d);
    write_images("train", true, 7, 0, 255);
    write_images("val", true, 7, 0, 255);
    cr_assert(open_small(&d, -1, err), "%s", err);
    cr_expect(strcmp(d.values.type, "u1") == 0 && d.values.greatest == 255);
    dataset_close(&d);
}

Test(values, of_sets_that_were_divided_and_not_are_refused, .fini = shell_clean)
{
    struct dataset d;
    char err[ERR_SIZE] = "";
    write_images("train", false, 0, 0, 1);
    write_images("val", true, 0, 0, 255);
    cr_assert_not(open_small(&d, -1, err));
    cr_expect(strstr(err, "x_val.npy: u1 from 0 to 255, and the training images are f4 from 0 "
                     "to 1: both must have the same range; x becomes x/255"), "%s", err);
    write_images("val", false, 0, 0, 1);
    write_images("test", false, 0, -1, 1);
    cr_assert_not(open_small(&d, -1, err));
    cr_expect(strstr(err, "x_test.npy: f4 from -1 to 1"), "%s", err);
    write_images("test", false, 0, 0, 3);     /* what nobody divides by a fixed number */
    cr_assert(open_small(&d, -1, err), "%s", err);
    dataset_close(&d);
    write_images("train", false, 0, -2, 2.5);
    cr_assert_not(open_small(&d, -1, err));
    cr_expect(strstr(err, "x_val.npy: f4 from 0 to 1, and the training images are f4 from "
                     "-2 to 2.5"), "%s", err);
}

/* ---- in a parameter file ---- */

Test(values, are_in_the_parameter_file_and_missing_from_older_ones, .fini = shell_clean)
{
    struct dataset d = { .classes = LINEAR_CLASSES, .values = range("f4", 0, 1) };
    struct preprocess none = { .mean = NULL };
    struct param_file_info info;
    struct engine e;
    char err[ERR_SIZE];
    cr_assert(engine_open(&e, &linear_model, 1, err), "%s", err);
    cr_assert(param_file_save(in_dir("p"), &e, &none, &d, err), "%s", err);
    cr_assert(param_file_load(in_dir("p"), &e, &info, err), "%s", err);
    cr_expect(strcmp(info.values.type, "f4") == 0 && info.values.least == 0
              && info.values.greatest == 1);
    param_file_info_free(&info);
    sure("sed 's/\"f4 0 1\"/\"f4 1 0\"/' p > bad");
    cr_assert_not(param_file_load(in_dir("bad"), &e, &info, err));
    cr_expect(strstr(err, "bad: values \"f4 1 0\": expected type, least and greatest"), "%s", err);
    cr_assert(param_file_save(in_dir("old"), &e, &none, NULL, err), "%s", err);
    cr_assert(param_file_load(in_dir("old"), &e, &info, err), "%s", err);
    cr_expect(info.values.type[0] == '\0');
    param_file_info_free(&info);
    engine_close(&e);
}
