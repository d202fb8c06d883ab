/*
** roof.c - peak and bandwidth. A short run that something else disturbed says nothing of
** the machine, hence the best of a few.
*/
#include "train/roof.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/huge.h"
#include "core/engine.h"

enum {
    ROOF_RUNS = 3,
    ROOF_CACHES = 4,              /* the arrays are so many times the last cache, within: */
    ROOF_LEAST = 96 << 20, ROOF_MOST = 1 << 30
};
static const double roof_seconds = 0.004;

static size_t roof_bytes(void)
{
    long cache = 0;
#ifdef _SC_LEVEL3_CACHE_SIZE
    cache = sysconf(_SC_LEVEL3_CACHE_SIZE);
#endif
    size_t bytes = cache > 0 ? (size_t)cache*ROOF_CACHES : 0;
    return bytes < ROOF_LEAST ? ROOF_LEAST : bytes > ROOF_MOST ? ROOF_MOST : bytes;
}

/* Each thread what it will read and write. */
static void roof_fill(void *context, int item, int items, int thread)
{
    struct roof *r = context;
    const size_t part = r->count/(size_t)items, from = part*(size_t)item;
    const size_t to = item + 1 < items ? from + part : r->count;
    (void)thread;
    for (int k = 0; k < 3; k++)
        for (size_t i = from; i < to; i++)
            r->memory[(size_t)k*r->count + i] = 1;
}

bool roof_open(struct roof *r, struct workers *workers, char *err)
{
    size_t bytes = roof_bytes();
    void *memory = NULL;
    *r = (struct roof){ .workers = workers };
    r->flop = calloc((size_t)workers_count(workers), sizeof *r->flop);
    if (!r->flop || posix_memalign(&memory, HUGE_PAGE, bytes) != 0)
        return error_set(err, "not enough memory to measure the bandwidth");
    huge_advise(memory, bytes);     /* as the engine's arena */
    r->memory = memory;
    r->count = bytes/sizeof *r->memory/3;
    workers_each(workers, roof_fill, r);
    return true;
}

void roof_close(struct roof *r)
{
    free(r->memory);
    free(r->flop);
    *r = (struct roof){ .workers = NULL };
}

struct roof_job { struct roof *roof; double (*peak)(long); long rounds; atomic_int ready; };

/* All threads must be at work at once, so each waits here for the others. */
static void roof_meet(struct roof_job *job, int items)
{
    atomic_fetch_add(&job->ready, 1);
    while (atomic_load(&job->ready) < items)
        sched_yield();
}

static void roof_peak_item(void *context, int item, int items, int thread)
{
    struct roof_job *job = context;
    (void)thread;
    roof_meet(job, items);
    job->roof->flop[item] = job->peak(job->rounds);
}

static void roof_triad_item(void *context, int item, int items, int thread)
{
    struct roof_job *job = context;
    size_t count = job->roof->count, part = count/(size_t)items, from = part*(size_t)item;
    double *restrict a = job->roof->memory + from;
    const double *restrict b = a + count, *restrict c = b + count;
    (void)thread;
    roof_meet(job, items);
    for (size_t k = 0; k < part; k++)
        a[k] = b[k] + 0.5*c[k];
}

static void roof_run(struct roof *r, int threads, workers_fn *fn, struct roof_job *job)
{
    if (threads > 1)
        workers_each(r->workers, fn, job);
    else
        fn(job, 0, 1, 0);
}

double roof_peak(struct roof *r, double (*peak)(long rounds), int threads)
{
    long rounds = 1000;
    for (double seconds = 0; seconds < roof_seconds; rounds *= 2) {
        double start = engine_clock();
        peak(rounds);
        seconds = engine_clock() - start;
    }
    double best = 0;
    for (int run = 0; run < ROOF_RUNS; run++) {
        struct roof_job job = { r, peak, rounds, 0 };
        double start = engine_clock(), sum = 0;
        roof_run(r, threads, roof_peak_item, &job);
        double seconds = engine_clock() - start;
        for (int k = 0; k < threads; k++)
            sum += r->flop[k];
        if (sum/seconds > best)
            best = sum/seconds;
    }
    return best;
}

double roof_bandwidth(struct roof *r, int threads)
{
    double best = 0, bytes = 3.0*sizeof *r->memory*(double)(r->count/(size_t)threads)*threads;
    for (int run = 0; run < ROOF_RUNS; run++) {
        struct roof_job job = { r, NULL, 0, 0 };
        double start = engine_clock();
        roof_run(r, threads, roof_triad_item, &job);
        double seconds = engine_clock() - start;
        if (bytes/seconds > best)
            best = bytes/seconds;
    }
    return best;
}
