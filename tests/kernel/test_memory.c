/*
** test_memory.c - what kernels may touch: never a halo, nothing around the arena, no allocation in
** a step; and every network's gradients against central differences. Built once for each type.
*/
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "core/params.h"
#include "kernel/exact_networks.h"
#include "support/allocations.h"
#include "support/engines.h"
#include "support/networks.h"
#include "support/skip.h"
#include "train/gradcheck.h"

Test(memory, padding_and_halos_stay_zero)
{
    for (int i = 0; i < networks(); i++) {
        const struct model *m = runnable(i);
        struct engine e;
        int32_t labels[LARGEST_BATCH];
        if (!m)
            continue;
        open_engine(&e, m, 2);
        fill(&e, labels, m->batch);
        /* What lies in the input buffer between the images' rows is its halo. */
        const real *first = e.arena + m->input;
        struct hyper h = hyper(0.01);
        for (int k = 0; k < STEPS; k++)
            engine_step(&e, m->batch, labels, &h, UPDATE_ADAM);
        size_t row = (size_t)(m->in_w*m->in_c);
        for (int y = 0; y + 1 < m->in_h; y++)
            for (size_t k = row; k < m->input_row; k++)
                cr_expect(first[(size_t)y*m->input_row + k] == 0, "%s %s: input halo written",
                          m->name, m->isa);
        for (int k = 0; k < m->nparams; k++) {
            const struct param *p = &m->params[k];
            double all = 0, canonical = 0;
            for (size_t j = 0; j < p->stored; j++)
                all += fabs((double)e.arena[p->at + j]) + fabs((double)e.arena[p->m + j]);
            for (size_t j = 0; j < params_count(p); j++)
                canonical += fabs((double)e.arena[p->at + params_index(p, j)])
                             + fabs((double)e.arena[p->m + params_index(p, j)]);
            cr_expect(fabs(all - canonical) <= 1e-9*canonical, "%s %s: padding of %s written",
                      m->name, m->isa, p->name);
        }
        engine_close(&e);
    }
}

/* NaN and a pattern around the arena: a kernel that reads beyond its buffers spoils the
** results, one that writes beyond them the guards. */
enum { GUARD = 4096 };

static void guard(real *p)
{
    for (int k = 0; k < GUARD; k++)
        p[k] = (real)NAN;
}

static bool guarded(const real *p)
{
    for (int k = 0; k < GUARD; k++)
        if (!isnan(p[k]))
            return false;
    return true;
}

Test(memory, around_the_arena_is_neither_read_nor_written)
{
    for (int i = 0; i < networks(); i++) {
        const struct model *m = runnable(i);
        struct engine e, plain;
        int32_t labels[LARGEST_BATCH];
        if (!m)
            continue;
        open_engine(&plain, m, 1);
        open_engine(&e, m, 1);
        size_t reals = e.bytes/sizeof(real);
        real *block = aligned_alloc(ALIGN, (reals + 2*GUARD + ALIGN)/ALIGN*ALIGN*sizeof(real));
        cr_assert(block);
        real *own = e.arena;
        guard(block);
        memcpy(block + GUARD, own, e.bytes);
        guard(block + GUARD + reals);
        e.arena = e.step.arena = block + GUARD;
        struct hyper h = hyper(0.01);
        fill(&e, labels, m->batch);
        fill(&plain, labels, m->batch);
        for (int k = 0; k < STEPS; k++) {
            double a = engine_step(&plain, m->batch, labels, &h, UPDATE_ADAM);
            double b = engine_step(&e, m->batch, labels, &h, UPDATE_ADAM);
            cr_expect(!memcmp(&a, &b, sizeof a), "%s %s: read beyond its arena", m->name, m->isa);
        }
        cr_expect(guarded(block) && guarded(block + GUARD + reals), "%s %s: wrote beyond its arena",
                  m->name, m->isa);
        e.arena = e.step.arena = own;
        free(block);
        engine_close(&e);
        engine_close(&plain);
    }
}

Test(memory, is_not_allocated_in_a_step)
{
    if (!COUNTS_ALLOCATIONS)
        skip_test("allocations are not counted here");
    for (int i = 0; i < networks(); i++) {
        const struct model *m = runnable(i);
        struct engine e;
        int32_t labels[LARGEST_BATCH];
        if (!m)
            continue;
        long before = allocations();
        open_engine(&e, m, 2);
        cr_assert_gt(allocations(), before);
        fill(&e, labels, m->batch);
        struct hyper h = hyper(0.01);
        before = allocations();
        for (int k = 0; k < 2; k++) {
            engine_step(&e, m->batch, labels, &h, UPDATE_ADAM);
            engine_forward(&e, 1, MODE_CHECK);
            engine_infer(&e, 1);
        }
        cr_expect_eq(allocations(), before, "%s %s", m->name, m->isa);
        engine_close(&e);
    }
}

#if LATHE_F64
/* gradcheck.c goes around the loss (a random sum of the scores), so the loss has a check
** of its own: its gradient to the last bias, which adds to the scores. */
Test(gradients, of_the_loss_equal_central_differences)
{
    const double h = 1e-6;
    for (int i = 0; i < networks(); i++) {
        const struct model *m = runnable(i);
        struct engine e;
        int32_t labels[LARGEST_BATCH];
        if (!m || widest(m) != m)
            continue;
        int last = m->nparams - 1;
        const struct param *bias = &m->params[last];
        open_engine(&e, m, 1);
        fill(&e, labels, m->batch);
        struct hyper none = hyper(0);
        engine_step(&e, m->batch, labels, &none, UPDATE_STORE);
        double scale = m->train.loss == LOSS_SUM ? m->batch : 1;
        for (int k = 0; k < bias->dim[0]; k++) {
            real *b = e.arena + bias->at + k, start = *b, loss[2];
            for (int side = 0; side < 2; side++) {
                *b = start + (side ? h : -h);
                engine_pack(&e, last);
                engine_forward(&e, m->batch, MODE_CHECK);
                loss[side] = engine_loss(&e, labels)*scale;
            }
            *b = start;
            double numeric = (loss[1] - loss[0]) / (2*h), analytic = e.arena[bias->m + (size_t)k];
            /* A loss of many digits leaves its difference few. */
            cr_expect(fabs(numeric - analytic) <= 1e-7*scale + 1e-9*fabs(loss[0]),
                      "%s: class %d: %.10g, not %.10g", m->name, k, analytic, numeric);
        }
        engine_close(&e);
    }
}

Test(gradients, equal_central_differences_in_every_network_of_inexact_layers)
{
    size_t flips = 0, entries = 0;
    for (int i = 0; i < networks(); i++) {
        const struct model *m = runnable(i);
        struct engine e;
        struct gradcheck_options o;
        struct gradcheck_report report;
        char err[ERR_SIZE];
        /* Those of the others equal the oracle's to the bit; make test-all takes them, too. */
        if (!m || widest(m) != m || (is_exact(m) && !EVERY_ISA))
            continue;
        open_engine(&e, m, 1);
        gradcheck_defaults(&o, m);
        /* A few, since the oracle sees every entry; make test-all takes more. */
        o.every = EVERY_ISA ? 400 : 100;
        o.entries = EVERY_ISA ? 20 : 8;
        o.directions = 5;
        cr_assert(gradcheck_run(&e, &o, &report, err), "%s", err);
        for (int k = 0; k < report.count; k++) {
            cr_expect(report.tensor[k].good, "%s: %s: error %g over %zu entries", m->name,
                      report.tensor[k].name, report.tensor[k].error, report.tensor[k].entries);
            flips += report.tensor[k].flips;
            entries += report.tensor[k].entries;
        }
        cr_expect(!EVERY_ISA || report.flipped < GRADCHECK_FLIPS, "%s: %g of the checks flipped",
                  m->name, report.flipped);
        gradcheck_free(&report);
        engine_close(&e);
    }
    /* Of all networks: of a few entries of one there are too few for a share. */
    cr_expect((double)flips < GRADCHECK_FLIPS*(double)(entries + flips), "%zu flipped, %zu did not",
              flips, entries);
}
#endif
