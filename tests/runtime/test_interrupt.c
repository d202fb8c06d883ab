/*
** test_interrupt.c - a signal in the middle of a step, on the hand-written network: what is said
** where the state cannot be gone on from, or not be written. As a user meets it: test_resume.c.
*/
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "core/params.h"
#include "support/linear_model.h"
#include "support/shell.h"
#include "train/observed.h"
#include "train/solver.h"

static uint8_t pixels[LINEAR_IMAGES*LINEAR_IN];
static int32_t labels[LINEAR_IMAGES];

/* In step `at` a signal comes, and the folder of the checkpoint is gone where `away` says so. */
static struct { int at, step, number; const char *away; } now;
static region_fn *first_run;

static void disturbed(const struct step *s, int item, int items, int thread)
{
    if (s->mode == MODE_TRAIN && item == 0 && ++now.step == now.at) {
        if (now.away)
            sure(now.away);
        kill(getpid(), now.number);
    }
    first_run(s, item, items, thread);
}

/* A run of four iterations that is disturbed. */
static bool train(struct solver_options *o, struct solver_report *report, char *err)
{
    struct region backward[16];
    struct model m = linear_model;
    struct dataset d = linear_data(pixels, labels);
    struct preprocess none = { .mean = NULL };
    struct engine e;
    cr_assert_leq((size_t)m.nbackward, sizeof backward / sizeof *backward);
    memcpy(backward, m.backward, (size_t)m.nbackward*sizeof *backward);
    first_run = backward[0].run;
    backward[0].run = disturbed;
    m.backward = backward;
    signal(now.number, SIG_DFL);        /* what is ignored from the beginning stays ignored */
    o->quiet = true;
    o->train.iterations = 4;
    cr_assert(engine_open(&e, &m, 1, err), "%s", err);
    params_init(&e, 1, 0.01);
    const bool good = observed_train(&e, &d, &none, o, report, err);
    engine_close(&e);
    return good;
}

Test(interrupt, saves_the_state_after_the_step, .fini = shell_clean)
{
    struct solver_options o;
    struct solver_report report;
    char err[ERR_SIZE] = "";
    solver_defaults(&o, &linear_model);
    o.checkpoint = in_dir("c");
    now.at = 3;
    now.number = SIGTERM;
    cr_assert(train(&o, &report, err), "%s", err);
    cr_expect(report.interrupted == SIGTERM && report.kept == 3 && report.iterations == 3
              && !report.complete);
    sure("test -s c");
}

/* Its loss was finite still: that of the next step would have shown it. */
Test(interrupt, after_a_step_that_spoilt_the_parameters_keeps_nothing_of_it, .fini = shell_clean)
{
    struct solver_options o;
    struct solver_report report;
    char err[ERR_SIZE] = "";
    solver_defaults(&o, &linear_model);
    o.checkpoint = in_dir("c");
    o.train.optimizer = UPDATE_SGD;
    o.train.rate[RATE_LR] = INFINITY;
    o.check_end = true;
    now.at = 1;
    now.number = SIGINT;
    cr_expect_not(train(&o, &report, err));
    cr_expect(report.interrupted == SIGINT && report.diverged && report.kept == 0);
    cr_expect_str_eq(err, "some parameters are no longer finite at iteration 1; training stopped. "
                     "A lower --lr or another --init may help");
    sure("! test -e c");
}

Test(interrupt, that_cannot_save_says_what_there_is_to_go_on_from, .init = cr_redirect_stderr,
     .fini = shell_clean)
{
    struct solver_options o;
    struct solver_report report;
    char err[ERR_SIZE] = "", words[256];
    solver_defaults(&o, &linear_model);
    o.checkpoint = in_dir("folder/c");
    now.at = 2;
    now.number = SIGHUP;
    now.away = "mv folder gone";
    sure("mkdir folder");
    cr_expect_not(train(&o, &report, err));
    cr_expect(report.interrupted == SIGHUP && report.kept == 0);
    cr_expect(strstr(err, "/folder/c: cannot be written: ")
              && strstr(err, "; stopped by SIGHUP at iteration 2; there is nothing to go on from"),
              "%s", err);
    sure("mv gone folder");
    o.checkpoint_every = 1;
    now.at = 3;
    now.step = 0;
    cr_expect_not(train(&o, &report, err));
    snprintf(words, sizeof words, "; stopped by SIGHUP at iteration 3; the checkpoint of iteration "
             "2 is in %.64s", o.checkpoint);
    cr_expect(report.kept == 2 && strstr(err, words), "no \"%s\" in: %s", words, err);
    char said[1024];
    fflush(stderr);
    said[fread(said, 1, sizeof said - 1, cr_get_redirected_stderr())] = '\0';
    cr_expect(strstr(said, "warning: ") && strstr(said, "training goes on and tries again"), "%s",
              said);
    sure("test -s gone/c");
}
