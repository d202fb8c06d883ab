/*
** test_kernels.c - every kernel of many small networks (tests/nets/, one emitted
** file) on every instruction set that can run here, against the naive oracle and
** against each other. Built once for f32 and once for f64.
*/
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "core/cpu.h"
#include "core/params.h"
#include "kernel/exact_networks.h"
#include "support/engines.h"
#include "support/networks.h"
#include "support/oracle.h"
#include "support/skip.h"

#if LATHE_F64
#define BOUND 1e-10
#else
#define BOUND 1e-4
#endif

static double largest_gradient(const struct oracle *o)
{
    double largest = 0;
    for (int k = 0; k < o->model->nparams; k++)
        for (size_t i = 0; i < params_count(&o->model->params[k]); i++)
            largest = fmax(largest, fabs(o->grad[k][i]));
    return largest;
}

/* docs/design.md: max|a - b| / max(max|b|, 1e-3 * the net's largest gradient). A bias below
** a batchnorm has no gradient but its terms' rounding, of which f32 leaves 1e-7 of the largest:
** 1e-2 for such a one. */
static double gradient_error(const struct oracle *o, const struct engine *e, int k)
{
    const struct param *p = &o->model->params[k];
    double difference = 0, largest = 0, all = largest_gradient(o);
    for (size_t i = 0; i < params_count(p); i++) {
        double a = (double)e->arena[p->m + params_index(p, i)];
        difference = fmax(difference, isnan(a) ? INFINITY : fabs(a - o->grad[k][i]));
        largest = fmax(largest, fabs(o->grad[k][i]));
    }
    return difference / fmax(largest, (largest < 1e-12*all ? 1e-2 : 1e-3)*all);
}

static void check_weighted(const struct model *m, int n, int threads, real *weight)
{
    struct engine e;
    struct oracle o;
    int32_t labels[LARGEST_BATCH];
    open_engine(&e, m, threads);
    fill(&e, labels, n);
    oracle_open(&o, m, n);
    load_oracle(&o, &e);
    e.weight = weight;
    o.weight = weight;
    oracle_forward(&o);
    double expected = oracle_backward(&o, labels, 0.01);
    struct hyper h = hyper(0.01);
    double loss = engine_step(&e, n, labels, &h, UPDATE_STORE);
    cr_expect(fabs(loss - expected) <= BOUND*fabs(expected),
              "%s %s, %d images: loss %.9g, not %.9g", m->name, m->isa, n, loss, expected);
    double difference = 0, largest = 0;
    for (int i = 0; i < n*m->classes; i++) {
        int place = score_place(m, i);
        double s = (double)engine_scores(&e, place / m->classes)[place % m->classes];
        difference = fmax(difference, isnan(s) ? INFINITY : fabs(s - o.scores[i]));
        largest = fmax(largest, fabs(o.scores[i]));
    }
    cr_expect(difference <= BOUND*largest, "%s %s, %d images: scores differ by %g", m->name,
              m->isa, n, difference);
    for (int k = 0; k < m->nparams; k++)
        cr_expect(gradient_error(&o, &e, k) <= BOUND, "%s %s, %d images: gradient of %s: error %g",
                  m->name, m->isa, n, m->params[k].name, gradient_error(&o, &e, k));
    oracle_close(&o);
    engine_close(&e);
}

static void check_against_oracle(const struct model *m, int n, int threads)
{
    check_weighted(m, n, threads, NULL);
}

Test(kernels, of_every_instruction_set_run_here)
{
    static const char *const isas[] = {
#if defined(__x86_64__)
        "scalar", "avx2", "avx512",
#elif defined(__aarch64__)
        "neon",
#else
        "scalar",
#endif
    };
    cr_expect_gt(networks(), 0);
    for (size_t k = 0; k < sizeof isas / sizeof *isas; k++) {
        int n = 0;
        for (int i = 0; i < networks(); i++)
            n += !strcmp(network(i)->isa, isas[k]);
        if (!cpu_has(isas[k]))
            skip_test("this CPU lacks %s: its kernels were not run", cpu_needs(isas[k]));
        /* make test-all alone has more than the widest. */
        cr_expect(n > 0 || !EVERY_ISA, "no network for %s", isas[k]);
    }
}

Test(kernels, scores_loss_and_gradients_equal_the_oracle)
{
    for (int i = 0; i < networks(); i++)
        if (runnable(i))
            check_against_oracle(runnable(i), some_images(runnable(i)), 2);
}

/* Eight threads: cut into as many parts as each region allows. Here and below those networks that
** test_exact.c does not hold so, to the bit. */
Test(kernels, a_single_image_cut_into_parts_equals_the_oracle)
{
    for (int i = 0; i < networks(); i++)
        if (runnable(i) && !is_exact(runnable(i)))
            check_against_oracle(runnable(i), 1, 8);
}

Test(kernels, a_full_batch_equals_the_oracle)
{
    for (int i = 0; i < networks(); i++)
        if (runnable(i) && !is_exact(runnable(i)))
            check_against_oracle(runnable(i), runnable(i)->batch, 2);
}

/* Class 0 counts nothing, the others more and more: of softmax, smoothed and not, svm, and bce. */
Test(kernels, weigh_classes_as_the_oracle)
{
    static const char *const names[] = { "smoothed", "svm_sum", "k1", "several" };
    for (int i = 0; i < networks(); i++)
        for (size_t k = 0; runnable(i) && k < sizeof names / sizeof *names; k++) {
            const struct model *m = runnable(i);
            if (strcmp(m->name, names[k]))
                continue;
            real *weight = calloc((size_t)m->classes, sizeof *weight);
            cr_assert(weight);
            for (int j = 0; j < m->classes; j++)
                weight[j] = (real)(0.4*j);
            check_weighted(m, m->batch, 2, weight);     /* the engine frees it */
        }
}

/* How much a few steps leave: losses, then every parameter with its moments. */
static size_t count_results(const struct model *m)
{
    size_t count = STEPS;
    for (int k = 0; k < m->nparams; k++)
        count += 3*params_count(&m->params[k]);
    return count;
}

static real *results(const struct model *m, int threads, int n, enum update_kind update)
{
    struct engine e;
    int32_t labels[LARGEST_BATCH];
    size_t count = 0;
    real *out = calloc(count_results(m), sizeof *out);
    cr_assert(out);
    open_engine(&e, m, threads);
    fill(&e, labels, n);
    struct hyper h = hyper(0.01);
    for (int k = 0; k < STEPS; k++)
        out[count++] = (real)engine_step(&e, n, labels, &h, update);
    for (int k = 0; k < m->nparams; k++) {
        const struct param *p = &m->params[k];
        const size_t from[] = { p->at, p->m, p->v };
        for (int part = 0; part < 3; part++)
            for (size_t i = 0; i < params_count(p); i++)
                out[count++] = e.arena[from[part] + params_index(p, i)];
    }
    engine_close(&e);
    return out;
}

/* 64: weight gradients in as many parts as there are. */
Test(bits, are_the_same_for_1_2_3_8_and_64_threads)
{
    static const int threads[] = { 2, 3, 8, 64 };
    for (int i = 0; i < networks(); i++) {
        const struct model *m = runnable(i);
        if (!m)
            continue;
        size_t size = count_results(m)*sizeof(real);
        real *one = results(m, 1, some_images(m), UPDATE_ADAM);
        for (int t = 0; t < 4; t++) {
            real *other = results(m, threads[t], some_images(m), UPDATE_ADAM);
            cr_expect(!memcmp(one, other, size), "%s %s differs with %d threads",
                      m->name, m->isa, threads[t]);
            free(other);
        }
        free(one);
    }
}

static void copy_scores(const struct engine *e, int n, real *to)
{
    size_t classes = (size_t)e->model->classes;
    for (int i = 0; i < n; i++)
        memcpy(to + (size_t)i*classes, engine_scores(e, i), classes*sizeof *to);
}

/* What a trained network infers of one image and of a batch: scores, then the loss. */
enum { ALONE, TOGETHER, TIMES };

static void infer(const struct model *m, int threads, real *out[TIMES])
{
    struct engine e;
    int32_t labels[LARGEST_BATCH] = { 0 };
    const int images[TIMES] = { 1, m->batch };
    open_engine(&e, m, threads);
    train_steps(&e, some_images(m));
    for (int k = 0; k < TIMES; k++) {
        engine_infer(&e, images[k]);
        copy_scores(&e, images[k], out[k]);
        out[k][images[k]*m->classes] = (real)engine_loss(&e, labels);
    }
    engine_close(&e);
}

static real *room(const struct model *m)
{
    real *p = calloc((size_t)(m->batch*m->classes) + 1, sizeof *p);
    cr_assert(p);
    return p;
}

Test(inference, with_folded_batchnorms_equals_evaluation)
{
    const double bound = sizeof(real) == 4 ? 1e-5 : 1e-12;
    for (int i = 0; i < networks(); i++) {
        const struct model *m = runnable(i);
        struct engine e;
        if (!m)
            continue;
        real *folded = room(m), *plain = room(m);
        open_engine(&e, m, 2);
        engine_infer(&e, 1);    /* folded once, and to be folded anew */
        train_steps(&e, m->batch);
        engine_infer(&e, m->batch);
        copy_scores(&e, m->batch, folded);
        engine_forward(&e, m->batch, MODE_EVAL);
        copy_scores(&e, m->batch, plain);
        double difference = 0, largest = 0;
        for (int k = 0; k < m->batch*m->classes; k++) {
            double d = fabs((double)folded[k] - (double)plain[k]);
            difference = isnan(d) ? INFINITY : fmax(difference, d);
            largest = fmax(largest, fabs((double)plain[k]));
        }
        cr_expect(difference <= bound*largest, "%s %s: scores differ by %g of %g", m->name, m->isa,
                  difference, largest);
        free(folded);
        free(plain);
        engine_close(&e);
    }
}

/* Does `other` infer with `threads` what `m` infers with one? */
static void expect_same_inference(const struct model *m, const struct model *other, int threads,
                                  real *expected[TIMES])
{
    real *found[TIMES] = { room(other), room(other) };
    size_t size = (size_t)(m->batch*m->classes + 1)*sizeof(real);
    infer(other, threads, found);
    for (int k = 0; k < TIMES; k++) {
        cr_expect(!memcmp(expected[k], found[k], size), "%s: %s on %d threads differs from %s, %s",
                  m->name, other->isa, threads, m->isa, k == ALONE ? "one image" : "a batch");
        free(found[k]);
    }
}

/* Each instruction set by itself, and each against the widest. */
Test(inference, has_the_same_bits_for_1_to_33_threads_and_every_instruction_set)
{
    static const int threads[] = { 1, 2, 3, 8, 33 };
    for (int i = 0; i < networks(); i++) {
        const struct model *m = runnable(i);
        if (!m)
            continue;
        real *expected[TIMES] = { room(m), room(m) };
        infer(widest(m), 1, expected);
        for (int t = m == widest(m); t < 5; t++)
            expect_same_inference(widest(m), m, threads[t], expected);
        for (int k = 0; k < TIMES; k++)
            free(expected[k]);
    }
}

Test(inference, touches_the_front_of_the_arena_and_the_scratch_alone)
{
    for (int i = 0; i < networks(); i++) {
        const struct model *m = runnable(i);
        struct engine whole, front;
        int32_t labels[LARGEST_BATCH];
        char err[ERR_SIZE];
        if (!m)
            continue;
        real *expected = room(m), *found = room(m);
        open_engine(&whole, m, 2);
        train_steps(&whole, m->batch);
        engine_infer(&whole, m->batch);
        copy_scores(&whole, m->batch, expected);
        /* Beyond lies no memory: a kernel that goes there ends this test. */
        cr_assert(engine_open_inference(&front, m, 2, err), "%s", err);
        fill(&front, labels, m->batch);
        for (int k = 0; k < m->nparams; k++) {
            const struct param *p = &m->params[k];
            memcpy(front.arena + p->at, whole.arena + p->at, p->stored*sizeof(real));
        }
        engine_pack_all(&front);
        engine_infer(&front, m->batch);
        copy_scores(&front, m->batch, found);
        cr_expect(!memcmp(expected, found, (size_t)(m->batch*m->classes)*sizeof *found),
                  "%s %s", m->name, m->isa);
        double loss = engine_loss(&front, labels);
        cr_expect(loss == engine_loss(&whole, labels), "%s %s: loss %g", m->name, m->isa, loss);
        free(expected);
        free(found);
        engine_close(&front);
        engine_close(&whole);
    }
}

/* Every kind of update after one image, Adam's after a full batch too: an update does not
** know how many images there were. */
static void expect_same_bits(const struct model *m, int n, enum update_kind update)
{
    size_t size = count_results(m)*sizeof(real);
    real *expected = NULL;
    for (int i = 0; i < networks(); i++) {
        const struct model *other = runnable(i);
        if (!other || other == m || strcmp(other->name, m->name))
            continue;
        if (!expected)
            expected = results(m, 2, n, update);
        real *found = results(other, 2, n, update);
        cr_expect(!memcmp(found, expected, size), "%s: %s and %s differ (update %d, "
                  "%d images)", m->name, other->isa, m->isa, update, n);
        free(found);
    }
    free(expected);
}

Test(bits, are_the_same_for_every_instruction_set)
{
    for (int i = 0; i < networks(); i++) {
        const struct model *m = runnable(i);
        if (!m || widest(m) != m)
            continue;
        for (int u = 0; u < UPDATE_KINDS; u++)
            expect_same_bits(m, 1, (enum update_kind)u);
        expect_same_bits(m, m->batch, UPDATE_ADAM);
    }
}

Test(bits, of_an_image_do_not_depend_on_the_images_beside_it)
{
    for (int i = 0; i < networks(); i++) {
        const struct model *m = runnable(i);
        struct engine e;
        int32_t labels[LARGEST_BATCH];
        if (!m)
            continue;
        open_engine(&e, m, 3);
        fill(&e, labels, m->batch);
        real *alone = calloc((size_t)m->classes, sizeof *alone);
        engine_forward(&e, 1, MODE_EVAL);
        memcpy(alone, engine_scores(&e, 0), (size_t)m->classes*sizeof *alone);
        engine_forward(&e, m->batch, MODE_EVAL);
        cr_expect(!memcmp(alone, engine_scores(&e, 0), (size_t)m->classes*sizeof *alone),
                  "%s %s: scores change with the batch", m->name, m->isa);
        free(alone);
        engine_close(&e);
    }
}
