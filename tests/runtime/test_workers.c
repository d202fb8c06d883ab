/*
** test_workers.c - the pool runs every item once, on any number of threads, and the
** engine's results do not depend on it. No test may depend on timing.
*/
#include <criterion/criterion.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/processors.h"
#include "core/cut.h"
#include "core/engine.h"
#include "core/params.h"
#include "core/workers.h"
#include "support/allocations.h"
#include "support/linear_model.h"
#include "support/skip.h"

enum { ITEMS = 1000, THREADS = 64 };

struct tally { atomic_int runs[ITEMS]; atomic_int busy[THREADS]; atomic_int clashes; };

static void count_item(void *context, int item, int items, int thread)
{
    struct tally *t = context;
    if (atomic_exchange(&t->busy[thread], 1))
        atomic_fetch_add(&t->clashes, 1);
    cr_assert_lt(item, items);
    atomic_fetch_add(&t->runs[item], 1);
    atomic_store(&t->busy[thread], 0);
}

static bool binds(void)
{
    static int list[PROCESSORS_MOST];
    return processors_allowed(list) > 0;
}

static void run_pool(int threads, int items, int times, bool bound)
{
    static struct tally t;
    char err[ERR_SIZE];
    memset(&t, 0, sizeof t);
    struct workers *w = workers_open(threads, err);
    cr_assert(w, "%s", err);
    cr_assert(!bound || workers_bind(w, err), "%s", err);
    for (int k = 0; k < times; k++)
        workers_run(w, items, count_item, &t);
    workers_close(w);
    for (int k = 0; k < ITEMS; k++)
        cr_assert_eq(atomic_load(&t.runs[k]), k < items ? times : 0);
    cr_assert_eq(atomic_load(&t.clashes), 0);
}

static void run_tally(int threads, int items, int times)
{
    run_pool(threads, items, times, false);
    if (binds())
        run_pool(threads, items, times, true);
}

Test(workers, runs_each_item_once_on_one_thread) { run_tally(1, ITEMS, 3); }
Test(workers, runs_each_item_once_on_two_threads) { run_tally(2, ITEMS, 20); }
Test(workers, runs_each_item_once_on_more_threads_than_processors) { run_tally(8, ITEMS, 20); }
Test(workers, runs_each_item_once_on_64_threads) { run_tally(THREADS, ITEMS, 20); }
Test(workers, runs_fewer_items_than_threads) { run_tally(8, 3, 200); }
Test(workers, runs_fewer_items_than_33_threads) { run_tally(33, 16, 200); }
Test(workers, runs_nothing_when_there_are_no_items) { run_tally(2, 0, 5); }
Test(workers, survives_thousands_of_short_jobs) { run_tally(3, 5, 5000); }

struct meeting { atomic_int here; int size, thread[THREADS]; };

/* Returns when so many are in it: no thread runs two of the items. */
static void meet_item(void *context, int item, int items, int thread)
{
    struct meeting *m = context;
    (void)items;
    m->thread[item] = thread;
    atomic_fetch_add(&m->here, 1);
    while (atomic_load(&m->here) % m->size != 0)
        sched_yield();
}

/* Has each thread the item of its number, of as many as there are threads? */
static bool have_own(struct workers *w, bool each)
{
    struct meeting m = { .size = workers_count(w) };
    if (each)
        workers_each(w, meet_item, &m);
    else
        workers_run(w, m.size, meet_item, &m);
    int own = 0;
    for (int k = 0; k < m.size; k++)
        own += m.thread[k] == k;
    return own == m.size;
}

Test(workers, run_an_item_each_where_these_wait_for_each_other)
{
    char err[ERR_SIZE];
    struct workers *w = workers_open(THREADS, err);
    struct meeting m = { .size = THREADS };
    bool ran[THREADS] = { false };
    for (int k = 0; k < 5; k++)
        workers_each(w, meet_item, &m);
    workers_close(w);
    for (int k = 0; k < THREADS; k++)
        ran[m.thread[k]] = true;
    for (int k = 0; k < THREADS; k++)
        cr_expect(ran[k], "thread %d", k);
}

/* But for one that still looks for others' items when the next job begins: rare, where nothing else
** runs. */
Test(workers, that_are_bound_begin_with_their_own_share_of_the_items)
{
    char err[ERR_SIZE];
    int own = 0;
    if (!binds())
        skip_test("this system binds no threads");
    struct workers *w = workers_open(2, err);
    cr_assert(workers_bind(w, err), "%s", err);
    for (int k = 0; k < 100; k++)
        own += have_own(w, false);
    cr_expect_geq(own, 50, "of 100 jobs in %d each thread had its own", own);
    workers_close(w);
    w = workers_open(THREADS, err);
    cr_assert(workers_bind(w, err), "%s", err);
    for (int k = 0; k < 5; k++)
        cr_expect(have_own(w, true), "job %d", k);
    workers_close(w);
}

static void bound_item(void *context, int item, int items, int thread)
{
    int *processors = context, list[PROCESSORS_MOST];
    (void)items;
    (void)thread;
    processors[item] = processors_allowed(list) == 1 ? list[0] : -1;
}

Test(workers, are_bound_to_a_processor_each_until_they_close)
{
    static int before[PROCESSORS_MOST], after[PROCESSORS_MOST];
    char err[ERR_SIZE];
    int count = processors_allowed(before), bound, on[5];
    if (!count)
        skip_test("this system binds no threads");
    struct workers *w = workers_open(5, err);
    cr_assert_null(workers_bound(w, &bound));
    cr_assert(workers_bind(w, err), "%s", err);
    const int *names = workers_bound(w, &bound);
    cr_assert_eq(bound, count < 5 ? count : 5);
    workers_each(w, bound_item, on);
    for (int k = 0; k < 5; k++)
        cr_expect_eq(on[k], names[k % bound]);
    workers_close(w);
    cr_assert_eq(processors_allowed(after), count);
    cr_assert_eq(memcmp(before, after, (size_t)count*sizeof *before), 0);
}

Test(workers, closes_without_a_job)
{
    char err[ERR_SIZE];
    workers_close(workers_open(4, err));
    workers_close(NULL);
}

Test(workers, refuses_no_threads)
{
    char err[ERR_SIZE];
    cr_assert_null(workers_open(0, err));
    cr_assert(strstr(err, "0 threads"));
}

static void half_item(void *context, int item, int items, int thread)
{
    volatile float tiny = 0x1p-126f, half = 0.5f;
    float *out = context;
    (void)items;
    (void)thread;
    out[item] = tiny*half;
}

Test(workers, flush_denormals_on_every_thread_of_f32_programs_only)
{
    float out[64];
    char err[ERR_SIZE];
    struct workers *w = workers_open(4, err);
    workers_run(w, 64, half_item, out);
    workers_close(w);
    for (int k = 0; k < 64; k++)
        cr_assert_eq(out[k] == 0, !LATHE_F64);
}

Test(engine, cuts_images_finer_when_there_are_few)
{
    const struct region images = { .split = SPLIT_IMAGES, .count = 8 };
    const struct region groups = { .split = SPLIT_GROUPS };
    const struct region fixed = { .split = SPLIT_FIXED, .count = 7 };
    cr_assert_eq(cut_items(&images, 50, 2), 50);
    cr_assert_eq(cut_items(&images, 1, 1), 1);
    cr_assert_eq(cut_items(&images, 1, 2), 8);
    cr_assert_eq(cut_items(&images, 3, 2), 9);
    cr_assert_eq(cut_items(&groups, 50, 2), 16);
    cr_assert_eq(cut_items(&groups, 5, 2), 5);
    cr_assert_eq(cut_items(&fixed, 5, 2), 7);
    cr_assert_eq(cut_items(&fixed, 1, 2), 7);
}

Test(engine, cuts_groups_and_blocks_of_images_finer_where_threads_would_wait)
{
    const struct region groups = { .split = SPLIT_GROUPS, .count = 16 };
    const struct region blocks = { .split = SPLIT_IMAGES, .count = 1, .images = 96, .fewer = 1 };
    const struct region whole = { .split = SPLIT_IMAGES, .count = 1, .images = 96 };
    static const struct { int n, threads, groups, blocks; } cut[] = {
        { 1024, 1, 16, 11 }, { 1024, 2, 16, 11 }, { 1024, 3, 16, 12 }, { 1024, 8, 16, 16 },
        { 1024, 16, 16, 16 }, { 1024, 32, 32, 32 }, { 1024, 64, 64, 64 },
        { 9, 2, 9, 2 }, { 1, 2, 2, 1 },
    };
    for (size_t k = 0; k < sizeof cut / sizeof *cut; k++) {
        const int n = cut[k].n, threads = cut[k].threads;
        cr_expect_eq(cut_items(&groups, n, threads), cut[k].groups, "%d images, %d threads: %d "
                     "items of groups", n, threads, cut_items(&groups, n, threads));
        cr_expect_eq(cut_items(&blocks, n, threads), cut[k].blocks, "%d images, %d threads: %d "
                     "blocks", n, threads, cut_items(&blocks, n, threads));
        cr_expect_eq(cut_items(&whole, n, threads), (n + 95) / 96);
    }
}

Test(engine, gives_each_thread_one_item_of_a_single_image)
{
    const struct region affine = { .split = SPLIT_FIXED, .count = 7, .images = 4 };
    cr_assert_eq(cut_items(&affine, 9, 2), 21);
    cr_assert_eq(cut_items(&affine, 1, 1), 1);
    cr_assert_eq(cut_items(&affine, 1, 3), 3);
    cr_assert_eq(cut_items(&affine, 1, 8), 7);
}

Test(engine, allocates_nothing_in_a_step)
{
    if (!COUNTS_ALLOCATIONS)
        skip_test("allocations are not counted here");
    struct engine e;
    char err[ERR_SIZE];
    struct hyper h = { .lr = (real)0.01 };
    long before = allocations();
    cr_assert(engine_open(&e, &linear_model, 2, err));
    params_init(&e, 1, 0.1);
    long opened = allocations();
    cr_assert_gt(opened, before);
    for (int k = 0; k < 100; k++)
        engine_step(&e, LINEAR_BATCH, e.labels, &h, UPDATE_SGD);
    cr_assert_eq(allocations(), opened);
    engine_close(&e);
}

static double train_some(int threads, bool pin, real *arena)
{
    struct engine e;
    char err[ERR_SIZE];
    int32_t labels[LINEAR_BATCH];
    struct hyper h = { .lr = (real)0.01, .reg = (real)0.1, .beta1 = (real)0.9,
                       .beta2 = (real)0.99, .eps = (real)1e-8, .step = (real)0.01,
                       .unbias2 = 1, .rest1 = (real)0.1, .rest2 = (real)0.01 };
    double loss = 0;
    cr_assert(engine_open(&e, &linear_model, threads, err), "%s", err);
    cr_assert(!pin || engine_pin(&e, err), "%s", err);
    params_init(&e, 5, 0.3);
    for (int i = 0; i < LINEAR_BATCH; i++) {
        labels[i] = i % LINEAR_CLASSES;
        for (int y = 0; y < LINEAR_H; y++)
            for (int k = 0; k < LINEAR_W*LINEAR_C; k++)
                engine_input(&e, i)[(size_t)y*linear_model.input_row + (size_t)k] =
                    (real)((i*7 + y*3 + k*5) % 11 - 5);
    }
    for (int k = 0; k < 5; k++)
        loss += engine_step(&e, k < 4 ? LINEAR_BATCH : 3, labels, &h, UPDATE_ADAM);
    memcpy(arena, e.arena, linear_model.arena*sizeof(real));
    engine_close(&e);
    return loss;
}

Test(engine, computes_the_same_bits_for_every_thread_count)
{
    static real one[1 << 14], other[1 << 14];
    static const int threads[] = { 2, 3, 5, 8, 16, 33, THREADS };
    double expected = train_some(1, false, one);
    for (size_t k = 0; k < 2*sizeof threads / sizeof *threads; k++) {
        const bool pin = k % 2 && binds();
        double loss = train_some(threads[k / 2], pin, other);
        cr_assert_eq(memcmp(&loss, &expected, sizeof loss), 0);
        cr_assert_eq(memcmp(one, other, linear_model.arena*sizeof(real)), 0);
    }
}

Test(engine, starts_with_an_aligned_arena_of_zeros)
{
    struct engine e;
    char err[ERR_SIZE];
    cr_assert(engine_open(&e, &linear_model, 2, err));
    cr_assert_eq((uintptr_t)e.arena % ALIGN, 0);
    cr_assert_eq(e.bytes, (linear_model.arena + 2*linear_model.scratch)*sizeof(real));
    for (size_t k = 0; k < e.bytes/sizeof(real); k++)
        cr_assert_eq(e.arena[k], 0);
    engine_close(&e);
}

Test(engine, refuses_an_arena_that_cannot_be_addressed)
{
    struct engine e;
    char err[ERR_SIZE];
    struct model huge = linear_model;
    huge.arena = SIZE_MAX/2;
    cr_assert_not(engine_open(&e, &huge, 1, err));
    cr_assert(strstr(err, "memory"));
}

/* Pages of the arena from its start on that are in memory. */
static int resident(const struct engine *e, int pages)
{
    unsigned char here[256];
    int count = 0;
    cr_assert_eq(mincore(e->arena, (size_t)pages*(size_t)sysconf(_SC_PAGESIZE), (void *)here), 0);
    for (int k = 0; k < pages; k++)
        count += here[k] & 1;
    return count;
}

/* So that memory is where the thread runs that works with it. */
Test(engine, touches_nothing_when_it_opens_and_what_threads_update_when_it_pins_them)
{
    enum { PAGES = 50 };        /* of values and of each moment, and as many of other buffers */
    struct engine e;
    char err[ERR_SIZE];
    const size_t reals = (size_t)sysconf(_SC_PAGESIZE)/sizeof(real);
    struct param weight = linear_model.params[0];
    struct model m = linear_model;
    if (!binds())
        skip_test("this system binds no threads");
    weight.stored = PAGES*reals;
    weight.at = 0;
    weight.m = PAGES*reals;
    weight.v = 2*PAGES*reals;
    m.params = &weight;
    m.nparams = 1;
    m.arena = 4*PAGES*reals;
    cr_assert(engine_open(&e, &m, 3, err), "%s", err);
    cr_expect_eq(resident(&e, 4*PAGES), 0);
    cr_assert(engine_pin(&e, err), "%s", err);
    cr_expect_eq(resident(&e, 3*PAGES), 3*PAGES);
    cr_expect_eq(resident(&e, 4*PAGES), 3*PAGES);
    engine_close(&e);
}
