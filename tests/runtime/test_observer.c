/*
** test_observer.c - what observers of a run are told, and what they may decide.
*/
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "core/params.h"
#include "support/linear_model.h"
#include "train/solver.h"

enum { ITERATIONS = 3 };

/* Of each observer a letter, then what it is told. */
struct seen { char name, text[256]; long stop_at; bool refuses, fails; };

static char told[512];

static void note(struct seen *x, const char *what)
{
    size_t length = strlen(told);
    snprintf(told + length, sizeof told - length, "%c%s ", x->name, what);
}

static bool begin(void *state, struct solver *s, char *err)
{
    struct seen *x = state;
    note(x, s->state.iteration == 0 ? "begin" : "begin?");
    return !x->refuses || error_set(err, "refused");
}

static bool stops(void *state, const struct solver *s)
{
    const struct seen *x = state;
    return x->stop_at > 0 && s->state.iteration == x->stop_at;
}

static void before(void *state, struct solver *s)
{
    note(state, s->checked && s->state.iteration == 0 ? "before?" : "before");
}

static void stepped(void *state, struct solver *s)
{
    note(state, isfinite(s->report->loss) ? "step" : "nan");
}

static void checked(void *state, struct solver *s)
{
    note(state, s->train_check >= 0 ? "check" : "check?");
}

static void done(void *state, struct solver *s)
{
    note(state, solver_over(s) ? "last" : "done");
}

static bool halt(void *state, struct solver *s, char *err)
{
    struct seen *x = state;
    note(x, s->trouble ? "trouble" : "halt");
    return !x->fails || error_set(err, "too bad");
}

static bool end(void *state, struct solver *s, char *err)
{
    (void)err;
    note(state, s->report->complete ? "end" : "part");
    return true;
}

static struct observer observer(struct seen *x)
{
    return (struct observer){ .state = x, .begin = begin, .stops = stops, .halt = halt,
                              .end = end, .on = { before, stepped, checked, done } };
}

/* A run that both watch, of a network that is in order or not. */
static bool watched(struct seen *a, struct seen *b, bool spoilt, struct solver_report *report,
                    char *err)
{
    static uint8_t pixels[LINEAR_IMAGES*LINEAR_IN];
    static int32_t labels[LINEAR_IMAGES];
    const struct observer both[] = { observer(a), observer(b) };
    struct dataset d = linear_data(pixels, labels);
    struct preprocess none = { .mean = NULL };
    struct solver_options o;
    struct solver s;
    struct engine e;
    d.val = (struct images){ .count = 0 };
    solver_defaults(&o, &linear_model);
    o.train.iterations = ITERATIONS;
    o.train.batch = 10;
    o.train.rate[RATE_LR] = 1e-3;
    told[0] = '\0';
    cr_assert(engine_open(&e, &linear_model, 1, err), "%s", err);
    params_init(&e, 1, 0.01);
    if (spoilt)
        e.arena[linear_model.params[0].at] = (real)NAN;
    bool good = solver_open(&s, &e, &d, &none, &o, report, err) && solver_run(&s, both, 2, err);
    solver_close(&s);
    engine_close(&e);
    return good;
}

Test(observer, all_are_told_of_everything_in_their_order)
{
    struct seen a = { .name = 'a' }, b = { .name = 'b' };
    struct solver_report report;
    char err[ERR_SIZE] = "";
    cr_assert(watched(&a, &b, false, &report, err), "%s", err);
    cr_expect(report.complete);
    cr_expect_str_eq(told, "abegin bbegin abefore bbefore astep bstep acheck bcheck adone bdone "
                     "abefore bbefore astep bstep adone bdone "
                     "abefore bbefore astep bstep acheck bcheck alast blast "
                     "ahalt bhalt aend bend ");
}

Test(observer, may_end_a_run_which_is_then_not_complete)
{
    struct seen a = { .name = 'a' }, b = { .name = 'b', .stop_at = 1 };
    struct solver_report report;
    char err[ERR_SIZE] = "";
    cr_expect(watched(&a, &b, false, &report, err), "%s", err);
    cr_expect(!report.complete && report.iterations == 1);
    cr_expect(strstr(told, "adone bdone ahalt bhalt apart bpart "), "%s", told);
}

Test(observer, that_refuses_ends_a_run_before_its_first_step)
{
    struct seen a = { .name = 'a', .refuses = true }, b = { .name = 'b' };
    struct solver_report report;
    char err[ERR_SIZE] = "";
    cr_expect_not(watched(&a, &b, false, &report, err));
    cr_expect_str_eq(err, "refused");
    cr_expect_str_eq(told, "abegin atrouble btrouble ");
}

Test(observer, may_make_a_run_fail_at_its_end)
{
    struct seen a = { .name = 'a', .fails = true }, b = { .name = 'b' };
    struct solver_report report;
    char err[ERR_SIZE] = "";
    cr_expect_not(watched(&a, &b, false, &report, err));
    cr_expect_str_eq(err, "too bad");
    cr_expect(!report.complete && strstr(told, "ahalt btrouble apart bpart "), "%s", told);
}

Test(observer, hears_of_a_loss_that_is_not_finite_and_of_no_check_then)
{
    struct seen a = { .name = 'a' }, b = { .name = 'b' };
    struct solver_report report;
    char err[ERR_SIZE] = "";
    cr_expect_not(watched(&a, &b, true, &report, err));
    cr_expect(report.diverged && strstr(err, "training stopped"), "%s", err);
    cr_expect_str_eq(told, "abegin bbegin abefore bbefore anan bnan atrouble btrouble "
                     "apart bpart ");
}
