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
    for (size_t k = 0; k < 3*r->count; k++)
        r->memory[k] = 1;
    return true;
}

void roof_close(struct roof *r)
{
    free(r->memory);
    free(r->flop);
    *r = (struct roof){ .workers = NULL };
}

/* All threads must be at work at once, so each waits here for the others. */
struct roof_job { struct roof *roof; double (*peak)(long); long rounds; atomic_int ready; };

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
        workers_run(r->workers, threads, roof_peak_item, &job);
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
        workers_run(r->workers, threads, roof_triad_item, &job);
        double seconds = engine_clock() - start;
        if (bytes/seconds > best)
            best = bytes/seconds;
    }
    return best;
}
