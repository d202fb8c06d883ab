/*
** test_check.c - the gradient checks of any network: `make check NET=FILE` emits it in
** f64 and links it with this suite.
*/
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/random.h"
#include "core/cpu.h"
#include "core/engine.h"
#include "core/objective.h"
#include "core/params.h"
#include "train/gradcheck.h"

/* The first model that this CPU runs: the widest instruction set. */
static void open_engine(struct engine *e, int threads)
{
    char err[ERR_SIZE];
    for (int k = 0; k < lathe_nmodels; k++)
        if (cpu_has(lathe_models[k]->isa)) {
            cr_assert(engine_open(e, lathe_models[k], threads, err), "%s", err);
            return;
        }
    cr_assert_fail("this CPU runs none of the program's instruction sets");
}

/* Initial weights, normal images, labels in turn. */
static void fill(struct engine *e, int32_t *labels, double scale)
{
    const struct model *m = e->model;
    params_init(e, 1, scale);
    for (int i = 0; i < m->batch; i++) {
        labels[i] = i % m->classes;
        for (int y = 0; y < m->in_h; y++)
            for (int k = 0; k < m->in_w*m->in_c; k++)
                engine_input(e, i)[(size_t)y*m->input_row + (size_t)k] =
                    (real)random_normal(2, RANDOM_CHECK, (uint64_t)i,
                                        (uint64_t)(y*m->in_w*m->in_c + k));
    }
}

Test(gradients, equal_central_differences)
{
    struct engine e;
    struct gradcheck_options o;
    struct gradcheck_report report;
    char err[ERR_SIZE];
    open_engine(&e, 0);
    gradcheck_defaults(&o, e.model);
    cr_assert(gradcheck_run(&e, &o, &report, err), "%s", err);
    for (int k = 0; k < report.count; k++) {
        const struct gradcheck_tensor *t = &report.tensor[k];
        printf("%-24s%9zu entries%6zu flips   error %.1e\n", t->name, t->entries, t->flips,
               t->error);
        cr_expect(t->good, "%s: error %g over %zu entries, bound %g", t->name, t->error,
                  t->entries, GRADCHECK_BOUND);
    }
    cr_expect(report.flipped < GRADCHECK_FLIPS, "%g of the checks crossed a kink", report.flipped);
    fflush(stdout);
    gradcheck_free(&report);
    engine_close(&e);
}

/* d(loss)/d(scores), seen through the last layer's bias, which adds to the scores. */
Test(gradients, of_the_loss_sum_to_zero_over_the_classes)
{
    struct engine e;
    struct hyper h = { .lr = 0 };
    open_engine(&e, 0);
    int32_t *labels = calloc((size_t)e.model->batch, sizeof *labels);
    fill(&e, labels, -1);
    engine_step(&e, e.model->batch, labels, &h, UPDATE_STORE);
    const struct param *bias = &e.model->params[e.model->nparams - 1];
    if (has_labels(e.model) && bias->rank == 1 && bias->dim[0] == e.model->classes) {
        double sum = 0, largest = 0;
        for (int k = 0; k < bias->dim[0]; k++) {
            sum += (double)e.arena[bias->m + (size_t)k];
            largest = fmax(largest, fabs((double)e.arena[bias->m + (size_t)k]));
        }
        cr_expect_gt(largest, 0);
        cr_expect_leq(fabs(sum), 1e-12*largest + 1e-15, "sum %g, largest %g", sum, largest);
    }
    free(labels);
    engine_close(&e);
}

Test(loss, of_tiny_weights_is_the_logarithm_of_the_class_count)
{
    struct engine e;
    open_engine(&e, 0);
    int32_t *labels = calloc((size_t)e.model->batch, sizeof *labels);
    fill(&e, labels, 1e-9);
    engine_forward(&e, e.model->batch, MODE_CHECK);
    const double loss = engine_loss(&e, labels);
    if (has_labels(e.model))
        cr_expect_float_eq(loss, log(e.model->classes), 1e-6);
    free(labels);
    engine_close(&e);
}

Test(bits, do_not_depend_on_the_number_of_threads)
{
    double losses[3];
    for (int t = 0; t < 3; t++) {
        struct engine e;
        struct hyper h = { .lr = 0.01, .reg = 0.01 };
        open_engine(&e, t + 1);
        int32_t *labels = calloc((size_t)e.model->batch, sizeof *labels);
        fill(&e, labels, -1);
        for (int k = 0; k < 3; k++)
            losses[t] = engine_step(&e, e.model->batch, labels, &h, UPDATE_SGD);
        free(labels);
        engine_close(&e);
    }
    cr_expect(!memcmp(&losses[0], &losses[1], sizeof *losses)
              && !memcmp(&losses[0], &losses[2], sizeof *losses), "%.17g %.17g %.17g", losses[0],
              losses[1], losses[2]);
}
