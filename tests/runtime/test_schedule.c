/*
** test_schedule.c - learning rates over a run, by formula.
*/
#include <criterion/criterion.h>
#include <math.h>

#include "train/solver.h"

static double at(enum schedule_kind kind, long t)
{
    const struct solver_options o = { .train = { .schedule = kind, .step_epochs = 2,
                                                     .step_factor = 0.5 } };
    return schedule_factor(o.train.schedule, &o, t, 10, 100);
}

Test(schedule, constant_stays_and_linear_and_cosine_fall_to_zero)
{
    cr_expect_eq(at(SCHEDULE_CONSTANT, 99), 1);
    cr_expect_eq(at(SCHEDULE_LINEAR, 0), 1);
    cr_expect_float_eq(at(SCHEDULE_LINEAR, 25), 0.75, 1e-15);
    cr_expect_float_eq(at(SCHEDULE_LINEAR, 99), 0.01, 1e-15);
    cr_expect_eq(at(SCHEDULE_COSINE, 0), 1);
    cr_expect_float_eq(at(SCHEDULE_COSINE, 50), 0.5, 1e-15);
    cr_expect_float_eq(at(SCHEDULE_COSINE, 75), 0.5*(1 - sqrt(0.5)), 1e-15);
}

Test(schedule, step_multiplies_at_each_step_and_not_before)
{
    cr_expect_eq(at(SCHEDULE_STEP, 0), 1);
    cr_expect_eq(at(SCHEDULE_STEP, 19), 1);
    cr_expect_eq(at(SCHEDULE_STEP, 20), 0.5);
    cr_expect_eq(at(SCHEDULE_STEP, 39), 0.5);
    cr_expect_eq(at(SCHEDULE_STEP, 40), 0.25);
}

Test(schedule, warmup_rises_in_a_line_and_the_rest_follows)
{
    const struct solver_options o = { .train = { .schedule = SCHEDULE_LINEAR, .warmup = 0.9 } };
    cr_expect_float_eq(schedule_factor(o.train.schedule, &o, 0, 10, 100), 0.1, 1e-15);
    cr_expect_float_eq(schedule_factor(o.train.schedule, &o, 8, 10, 100), 0.9, 1e-15);
    cr_expect_eq(schedule_factor(o.train.schedule, &o, 9, 10, 100), 1);
    cr_expect_float_eq(schedule_factor(o.train.schedule, &o, 99, 10, 100), 1.0/91, 1e-15);
}
