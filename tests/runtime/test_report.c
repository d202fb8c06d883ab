/*
** test_report.c - the page and the plots of a training: their structure, what they hold of
** runs of every kind, and that they change nothing.
*/
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "core/params.h"
#include "page/chart.h"
#include "page/markup.h"
#include "page/picture.h"
#include "page/report.h"
#include "support/allocations.h"
#include "support/linear_model.h"
#include "support/shell.h"
#include "train/observed.h"
#include "train/solver.h"

enum { TRAIN = 90, VAL = 30 };

static uint8_t pixels[(TRAIN + VAL)*LINEAR_IN];
static int32_t labels[TRAIN + VAL];
static const char *const names[LINEAR_CLASSES] = { "a<b>", "\"quoted\"", "it's", "x & y" };

static struct dataset noise(void)
{
    struct dataset d = { .source = "here & there", .c = LINEAR_C, .h = LINEAR_H, .w = LINEAR_W,
                         .classes = LINEAR_CLASSES, .class_names = names };
    unsigned seed = 1;
    for (int i = 0; i < (TRAIN + VAL)*LINEAR_IN; i++) {
        seed = seed*1664525u + 1013904223u;
        pixels[i] = (uint8_t)(seed >> 24);
    }
    for (int i = 0; i < TRAIN + VAL; i++)
        labels[i] = i % LINEAR_CLASSES;
    d.train = (struct images){ .count = TRAIN, .bytes = pixels, .labels = labels,
                               .c = LINEAR_C, .h = LINEAR_H, .w = LINEAR_W };
    d.val = d.train;
    d.val.count = VAL;
    d.val.bytes = pixels + TRAIN*LINEAR_IN;
    d.val.labels = labels + TRAIN;
    return d;
}

static struct solver_options options(const char *report, const char *plot)
{
    struct solver_options o;
    solver_defaults(&o, &linear_model);
    o.quiet = true;
    o.train.rate[RATE_LR] = 1e-3;
    o.report = report;
    o.plot = plot;
    o.command = "./linear train --report '<&>'";
    return o;
}

static bool train(const struct solver_options *o, bool val, real *arena,
                  struct solver_report *result, char *err)
{
    struct engine e;
    struct dataset d = noise();
    struct preprocess none = { .mean = NULL };
    if (!val)
        d.val.count = 0;
    cr_assert(engine_open(&e, &linear_model, 2, err), "%s", err);
    params_init(&e, o->seed, 0.01);
    bool good = observed_train(&e, &d, &none, o, result, err);
    if (arena)
        memcpy(arena, e.arena, linear_model.arena*sizeof(real));
    engine_close(&e);
    return good;
}

static char *text_of(const char *path)
{
    FILE *f = fopen(path, "rb");
    cr_assert(f, "%s was not written", path);
    char *text = calloc(1, 1 << 20);
    cr_assert(text);
    size_t n = fread(text, 1, (1 << 20) - 1, f);
    fclose(f);
    cr_assert(n > 100, "%s holds %zu bytes", path, n);
    return text;
}

static bool is_void(const char *name, size_t length)
{
    static const char *const voids[] = { "meta", "link", "img", "br", "!DOCTYPE" };
    for (size_t k = 0; k < sizeof voids/sizeof *voids; k++)
        if (strlen(voids[k]) == length && !memcmp(name, voids[k], length))
            return true;
    return false;
}

/* Every tag is closed in its order, every attribute quoted. */
static void expect_balanced(const char *text)
{
    const char *stack[64];
    size_t length[64];
    int depth = 0;
    for (const char *s = text; (s = strchr(s, '<')); ) {
        bool closes = s[1] == '/';
        const char *name = s + 1 + closes, *end = name;
        size_t n = strcspn(name, " >\n/");
        for (bool quoted = false; *end && (quoted || *end != '>'); end++) {
            quoted ^= *end == '"';
            cr_assert(quoted || *end != '<', "'<' in a tag: %.60s", s);
            cr_assert(*end != '=' || quoted || end[1] == '"', "unquoted: %.60s", s);
        }
        cr_assert(*end, "a tag without an end: %.60s", s);
        if (closes) {
            cr_assert(depth > 0, "closed, but never opened: %.60s", s);
            depth--;
            cr_assert(length[depth] == n && !memcmp(stack[depth], name, n),
                      "%.20s closes %.60s", s, stack[depth]);
        } else if (!is_void(name, n) && end[-1] != '/') {
            cr_assert(depth < 64);
            stack[depth] = name;
            length[depth++] = n;
        }
        s = end + 1;
    }
    cr_assert_eq(depth, 0, "never closed: %.60s", stack[0]);
}

static void expect_in(const char *text, const char *words)
{
    cr_expect(strstr(text, words), "no %s", words);
}

static void expect_page(const char *text)
{
    static const char *const ids[] = { "loss", "accuracy", "ratios", "rate", "speed", "filters",
                                       "confusion", "network", "numbers", "repeat" };
    expect_balanced(text);
    for (size_t k = 0; k < sizeof ids/sizeof *ids; k++) {
        char id[40];
        snprintf(id, sizeof id, "id=\"%s\"", ids[k]);
        expect_in(text, id);
    }
    cr_expect_null(strstr(text, "<script"), "a script");
    cr_expect_null(strstr(text, "http://"), "something fetched");
    cr_expect_null(strstr(text, "https://"), "something fetched");
    expect_in(text, "Seed 1,");
}

Test(report, a_page_has_all_its_parts_and_closes_its_tags, .fini = shell_clean)
{
    char err[ERR_SIZE];
    struct solver_report result;
    struct solver_options o = options(in_dir("r.html"), in_dir("p.svg"));
    o.train.epochs = 30;
    cr_assert(train(&o, true, NULL, &result, err), "%s", err);
    char *page = text_of(o.report), *plot = text_of(o.plot);
    expect_page(page);
    expect_in(page, "id=\"mistakes\"");
    cr_expect_null(strstr(page, "id=\"trouble\""));
    cr_expect_null(strstr(page, "refresh"), "a page that is done reads itself again");
    expect_balanced(plot);
    expect_in(plot, "xmlns=\"http://www.w3.org/2000/svg\"");
    expect_in(plot, "Training loss");
    expect_in(plot, "validation");
    struct run r = shell("ls | sort | tr '\\n' ' '");
    cr_expect_str_eq(r.output, "p.svg r.html ", "left behind: %s", r.output);
    run_free(&r);
    free(page);
    free(plot);
}

Test(report, names_from_outside_are_escaped, .fini = shell_clean)
{
    char err[ERR_SIZE];
    struct solver_report result;
    struct solver_options o = options(in_dir("r.html"), NULL);
    cr_assert(train(&o, true, NULL, &result, err), "%s", err);
    char *page = text_of(o.report);
    expect_in(page, "a&lt;b&gt;");
    expect_in(page, "&quot;quoted&quot;");
    expect_in(page, "it&#39;s");
    expect_in(page, "x &amp; y");
    expect_in(page, "here &amp; there");
    expect_in(page, "--report &#39;&lt;&amp;&gt;&#39;");
    cr_expect_null(strstr(page, "a<b>"));
    free(page);
}

Test(report, one_iteration_is_enough, .fini = shell_clean)
{
    char err[ERR_SIZE];
    struct solver_report result;
    struct solver_options o = options(in_dir("r.html"), in_dir("p.svg"));
    o.train.iterations = 1;
    cr_assert(train(&o, true, NULL, &result, err), "%s", err);
    char *page = text_of(o.report), *plot = text_of(o.plot);
    expect_page(page);
    expect_balanced(plot);
    cr_expect_null(strstr(page, "nan"), "nan where there is one of everything");
    cr_expect_null(strstr(page, "\"inf"));
    free(page);
    free(plot);
}

Test(report, without_validation_the_training_images_are_shown, .fini = shell_clean)
{
    char err[ERR_SIZE];
    struct solver_report result;
    struct solver_options o = options(in_dir("r.html"), NULL);
    cr_assert(train(&o, false, NULL, &result, err), "%s", err);
    char *page = text_of(o.report);
    expect_page(page);
    expect_in(page, "Training images at the last check");
    cr_expect_null(strstr(page, "best validation accuracy"));
    free(page);
}

/* Of arrays the least value of an image is black in its picture and the greatest white. */
Test(report, shows_images_of_reals_from_their_least_to_their_greatest, .fini = shell_clean)
{
    static const real values[2*4] = { -3, 1, 2, 5, 0, 0, 0, 0 };
    static const uint8_t bytes[4] = { 0, 128, 159, 255 };
    const struct images reals = { .count = 2, .c = 1, .h = 2, .w = 2, .values = values };
    const struct images same = { .count = 1, .c = 1, .h = 2, .w = 2, .bytes = bytes };
    char *text[2] = { NULL, NULL };
    size_t size[2];
    for (int k = 0; k < 2; k++) {
        FILE *out = open_memstream(&text[k], &size[k]);
        cr_assert(out);
        picture_image(out, k ? &same : &reals, 0, "title");
        fclose(out);
    }
    cr_expect_str_eq(text[0], text[1]);
    free(text[0]);
    free(text[1]);
}

Test(report, a_diverged_run_says_where, .fini = shell_clean)
{
    char err[ERR_SIZE], where[64];
    struct solver_report result;
    struct solver_options o = options(in_dir("r.html"), in_dir("p.svg"));
    o.train.optimizer = UPDATE_SGD;
    o.train.rate[RATE_LR] = 1e30;
    o.train.epochs = 40;
    cr_assert_not(train(&o, true, NULL, &result, err));
    cr_assert(result.diverged, "%s", err);
    char *page = text_of(o.report), *plot = text_of(o.plot);
    expect_page(page);
    expect_balanced(plot);
    snprintf(where, sizeof where, "at iteration %ld; training stopped", result.iterations);
    expect_in(page, "id=\"trouble\"");
    expect_in(page, where);
    expect_in(page, "stopped here");
    cr_expect_null(strstr(plot, "nan"), "a place that is no number");
    free(page);
    free(plot);
}

Test(report, a_run_that_diverges_at_once_has_a_page, .fini = shell_clean)
{
    char err[ERR_SIZE];
    struct engine e;
    struct solver_report result;
    struct dataset d = noise();
    struct preprocess none = { .mean = NULL };
    struct solver_options o = options(in_dir("r.html"), in_dir("p.svg"));
    cr_assert(engine_open(&e, &linear_model, 1, err), "%s", err);
    for (size_t k = 0; k < linear_model.params[0].stored; k++)
        e.arena[linear_model.params[0].at + k] = (real)NAN;
    cr_assert_not(observed_train(&e, &d, &none, &o, &result, err));
    engine_close(&e);
    char *page = text_of(o.report), *plot = text_of(o.plot);
    expect_page(page);
    expect_balanced(plot);
    expect_in(page, "the loss is nan at iteration 1;");
    free(page);
    free(plot);
}

Test(report, changes_no_bit_of_the_training, .fini = shell_clean)
{
    static real with[1 << 14], without[1 << 14];
    char err[ERR_SIZE];
    struct solver_report result;
    struct solver_options o = options(in_dir("r.html"), in_dir("p.svg"));
    o.train.epochs = 20;
    o.history = in_dir("a.csv");
    cr_assert(train(&o, true, with, &result, err), "%s", err);
    o.report = o.plot = NULL;
    o.history = in_dir("b.csv");
    cr_assert(train(&o, true, without, &result, err), "%s", err);
    const struct model *m = &linear_model;
    for (int k = 0; k < m->nparams; k++) {
        const struct param *p = &m->params[k];
        cr_expect_eq(memcmp(with + p->at, without + p->at, p->stored*sizeof(real)), 0, "%s",
                     p->name);
    }
    struct run r = shell("cmp a.csv b.csv");
    cr_expect_eq(r.status, 0, "%s", r.output);
    run_free(&r);
}

Test(report, what_cannot_be_written_is_said_before_the_first_step, .fini = shell_clean)
{
    char err[ERR_SIZE], old[64] = "";
    struct solver_report result;
    write_text("file", "old");
    const char *bad[] = { in_dir("file/r.html"), in_dir("none/r.html"), shell_dir() };
    for (size_t k = 0; k < 3; k++)
        for (int plot = 0; plot < 2; plot++) {
            struct solver_options o = options(plot ? NULL : bad[k], plot ? bad[k] : NULL);
            cr_expect_not(train(&o, true, NULL, &result, err), "%s", bad[k]);
            cr_expect(strstr(err, bad[k]) && strstr(err, "cannot be written"), "%s", err);
            cr_expect_eq(result.iterations, 0);
        }
    FILE *f = fopen(in_dir("file"), "r");
    cr_assert(f && fgets(old, sizeof old, f));
    fclose(f);
    cr_expect_str_eq(old, "old");
}

Test(report, gathers_without_allocating, .fini = shell_clean)
{
    char err[ERR_SIZE];
    struct engine e;
    struct report r;
    struct dataset d = noise();
    struct solver_options o = options(in_dir("r.html"), NULL);
    cr_assert(engine_open(&e, &linear_model, 1, err), "%s", err);
    params_init(&e, 1, 0.01);
    cr_assert(report_open(&r, &e, &d, &o, 1000, 4, 20, err), "%s", err);
    real scores[LINEAR_CLASSES] = { 1, 2, 3, 4 };
    long before = allocations();
    for (long k = 0; k < 1000; k++) {
        report_before(&r, k);
        report_after(&r, k, (double)(k + 1)*1e-3);
    }
    const struct feed_watch *watch = report_watch(&r);
    for (size_t k = 0; k < 1000; k++)
        watch->see(watch->context, &(struct feed_image){ k % VAL, scores, NULL,
                                                         (int)k % LINEAR_CLASSES, 3, 0 });
    cr_expect_eq(allocations(), before);
    cr_expect_eq(r.nmistakes, REPORT_MISTAKES);
    cr_expect_leq(r.nsamples, 2*REPORT_SAMPLES + 2);
    cr_expect_float_eq(r.sample[3].images_per_second, 20000, 1e-6);
    cr_expect_eq(r.ratio[0], 0, "nothing moved");
    report_close(&r);
    engine_close(&e);
}

/* One weight moves by a thousandth of the tensor's length. */
Test(report, the_ratio_is_that_of_one_step, .fini = shell_clean)
{
    char err[ERR_SIZE];
    struct engine e;
    struct report r;
    struct dataset d = noise();
    struct solver_options o = options(in_dir("r.html"), NULL);
    cr_assert(engine_open(&e, &linear_model, 1, err), "%s", err);
    params_init(&e, 1, 0.01);
    cr_assert(report_open(&r, &e, &d, &o, 10, 4, 20, err), "%s", err);
    const struct param *p = &linear_model.params[r.weight[0]];
    real *w = e.arena + p->at;
    double length = 0;
    for (size_t k = 0; k < p->stored; k++)
        length += (double)w[k]*(double)w[k];
    report_before(&r, 0);
    w[0] += (real)(1e-3*sqrt(length));
    report_after(&r, 0, 1);
    cr_expect_float_eq(r.ratio[0], 1e-3, 1e-8);
    report_close(&r);
    engine_close(&e);
}

Test(report, a_hundred_thousand_iterations_are_a_small_page, .fini = shell_clean)
{
    enum { MANY = 100000 };
    char err[ERR_SIZE], *text = NULL;
    size_t size = 0;
    struct engine e;
    struct report r;
    struct history h;
    struct dataset d = noise();
    struct solver_options o = options(in_dir("r.html"), NULL);
    const struct report_moment now = { MANY, true, NULL, 0.5 };
    cr_assert(engine_open(&e, &linear_model, 1, err), "%s", err);
    cr_assert(history_open(&h, NULL, err));
    cr_assert(report_open(&r, &e, &d, &o, MANY, 4, 20, err), "%s", err);
    for (int k = 0; k < MANY; k++) {
        report_before(&r, k);
        report_after(&r, k, k + 1.0);
        history_add(&h, k/4, 1 + 0.3*sin(k), 1e-3);
        history_check(&h, 0.5 + 0.1*sin(k), 0.5 + 0.1*cos(k));
    }
    FILE *out = open_memstream(&text, &size);
    cr_assert(out && report_page(out, &r, &h, &now));
    cr_assert_eq(fclose(out), 0);
    cr_expect_lt(size, 1000000, "%zu bytes", size);
    expect_page(text);
    free(text);
    history_close(&h);
    report_close(&r);
    engine_close(&e);
}

Test(chart, thinning_keeps_extremes_order_and_ends)
{
    enum { MANY = 100000 };
    double *x = calloc(MANY, sizeof *x), *y = calloc(MANY, sizeof *y);
    size_t keep[CHART_KEEP];
    bool high = false, low = false;
    for (int k = 0; k < MANY; k++) {
        x[k] = k + 1;
        y[k] = k == 31337 ? 9 : k == 77777 ? -9 : k % 1000 == 5 ? NAN : sin(k);
    }
    struct chart_series s = { .x = x, .y = y, .count = MANY };
    size_t n = chart_thin(&s, MANY, keep);
    cr_expect_leq(n, CHART_KEEP);
    cr_expect_geq(n, CHART_COLUMNS);
    for (size_t k = 0; k < n; k++) {
        cr_assert(k == 0 || keep[k] > keep[k - 1]);
        cr_assert(isfinite(y[keep[k]]));
        high |= keep[k] == 31337;
        low |= keep[k] == 77777;
    }
    cr_expect(high && low, "an extreme is lost");
    cr_expect_eq(keep[0], 0);
    cr_expect_eq(keep[n - 1], MANY - 1);
    s.count = 1;
    cr_expect_eq(chart_thin(&s, MANY, keep), 1);
    s.count = 0;
    cr_expect_eq(chart_thin(&s, MANY, keep), 0);
    free(x);
    free(y);
}

static void expect_chart(const double *y, size_t count)
{
    double x[4] = { 1, 2, 3, 4 };
    char *text = NULL;
    size_t size = 0;
    struct chart_series s = { "s", "red", x, y, count, false };
    FILE *out = open_memstream(&text, &size);
    cr_assert(out);
    chart_draw(out, &(struct chart){ .title = "t", .x_name = "x", .y_name = "y", .series = &s,
                                     .count = 1 }, 0);
    cr_assert_eq(fclose(out), 0);
    cr_expect_lt(size, 20000);
    expect_balanced(text);
    cr_expect_null(strstr(text, "nan"), "%s", text);
    cr_expect_null(strstr(text, "inf"), "%s", text);
    free(text);
}

Test(chart, no_number_breaks_it)
{
    expect_chart((const double[]){ 0 }, 0);
    expect_chart((const double[]){ NAN, NAN, INFINITY, -INFINITY }, 4);
    expect_chart((const double[]){ 0, 0, 0, 0 }, 4);
    expect_chart((const double[]){ 1, 1, 1, 1 }, 4);
    expect_chart((const double[]){ 1e-300, 1e300, NAN, 1 }, 4);
    expect_chart((const double[]){ -1e300, 1e300, 0, 1 }, 4);
    expect_chart((const double[]){ 1e6, 1e6 + 1e-9, 1e6, 1e6 }, 4);
}

Test(markup, escapes_what_means_something)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    cr_assert(out);
    markup_text(out, "<a href='x'>\"&\"</a>");
    putc(' ', out);
    markup_count(out, 1234567);
    putc(' ', out);
    markup_count(out, 999);
    cr_assert_eq(fclose(out), 0);
    cr_expect_str_eq(text, "&lt;a href=&#39;x&#39;&gt;&quot;&amp;&quot;&lt;/a&gt; 1,234,567 999");
    free(text);
}
