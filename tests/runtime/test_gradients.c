/*
** test_gradients.c - the gradient check itself, on networks whose gradients are known to be right,
** wrong, or without meaning at a kink. It runs in f64 alone.
*/
#include <criterion/criterion.h>

#include "base/error.h"
#include "core/params.h"
#include "support/linear_model.h"
#include "train/gradcheck.h"

#if LATHE_F64
static bool check_gradients(const struct model *m, struct gradcheck_options *o,
                            struct gradcheck_report *report)
{
    struct engine e;
    char err[ERR_SIZE];
    cr_assert(engine_open(&e, m, 2, err));
    cr_assert(gradcheck_run(&e, o, report, err), "%s", err);
    engine_close(&e);
    return report->good;
}

Test(gradcheck, passes_right_gradients_entry_by_entry)
{
    struct gradcheck_options o;
    struct gradcheck_report r;
    gradcheck_defaults(&o, &linear_model);
    o.images = LINEAR_BATCH;
    cr_assert(check_gradients(&linear_model, &o, &r));
    cr_assert_eq(r.count, 4);
    cr_assert_eq(r.tensor[0].entries + r.tensor[0].flips, LINEAR_HIDDEN*LINEAR_IN);
    gradcheck_free(&r);
}

Test(gradcheck, fails_a_gradient_that_is_wrong_by_a_hundred_thousandth)
{
    struct gradcheck_options o;
    struct gradcheck_report r;
    gradcheck_defaults(&o, &linear_model);
    cr_assert_not(check_gradients(&linear_model_wrong, &o, &r));
    cr_assert_not(r.tensor[0].good);
    cr_assert(r.tensor[2].good);
    gradcheck_free(&r);
}

Test(gradcheck, samples_large_networks_and_walks_in_random_directions)
{
    struct gradcheck_options o;
    struct gradcheck_report r;
    gradcheck_defaults(&o, &linear_model);
    o.every = 100;
    o.entries = 50;
    cr_assert(check_gradients(&linear_model, &o, &r));
    cr_assert_eq(r.count, 5);
    cr_assert_eq(r.tensor[0].entries + r.tensor[0].flips, 50);
    cr_assert_eq(r.tensor[4].entries + r.tensor[4].flips, 20);
    gradcheck_free(&r);
    cr_assert_not(check_gradients(&linear_model_wrong, &o, &r));
    cr_assert_not(r.tensor[4].good);
    gradcheck_free(&r);
}

Test(gradcheck, leaves_out_what_crosses_a_kink)
{
    struct gradcheck_options o;
    struct gradcheck_report r;
    gradcheck_defaults(&o, &linear_model);
    o.h = 0.3;    /* so far apart that decisions flip */
    cr_assert_not(check_gradients(&linear_model, &o, &r));
    cr_assert_gt(r.flipped, GRADCHECK_FLIPS);
    gradcheck_free(&r);
}

Test(gradcheck, measures_as_the_notebook_does)
{
    struct engine e;
    struct gradcheck_options o;
    char err[ERR_SIZE];
    struct gradcheck_tensor tensor[4];
    gradcheck_defaults(&o, &linear_model);
    cr_assert(engine_open(&e, &linear_model, 1, err));
    cr_assert(gradcheck_notebook(&e, &o, tensor, err));
    for (int k = 0; k < 4; k++) {
        cr_assert_lt(tensor[k].error, 1e-2);
        cr_assert(tensor[k].good);
    }
    engine_close(&e);
}

Test(gradcheck, fails_a_loss_whose_gradient_is_not_its_own)
{
    struct engine e;
    struct gradcheck_options o;
    struct model adds = linear_model;    /* says that its loss adds; it takes the mean */
    char err[ERR_SIZE];
    struct gradcheck_tensor tensor[4];
    adds.train.loss = LOSS_SUM;
    gradcheck_defaults(&o, &adds);
    cr_assert(engine_open(&e, &adds, 1, err));
    cr_assert(gradcheck_notebook(&e, &o, tensor, err));
    cr_assert_not(tensor[2].good);
    cr_assert_not(tensor[3].good);
    engine_close(&e);
}

Test(gradcheck, leaves_kinks_out_of_the_notebooks_errors_and_counts_them)
{
    struct engine e;
    struct gradcheck_options o;
    char err[ERR_SIZE];
    struct gradcheck_tensor tensor[4];
    gradcheck_defaults(&o, &linear_model);
    o.h = 0.1;
    cr_assert(engine_open(&e, &linear_model, 1, err));
    cr_assert(gradcheck_notebook(&e, &o, tensor, err));
    cr_assert_gt(tensor[1].flips, 0);
    cr_assert_eq(tensor[1].flips + tensor[1].entries, LINEAR_HIDDEN);
    engine_close(&e);
}
#endif
