/*
** workers.c - the pool. A job is one 64-bit word, end << 32 | next: claiming is
** one fetch_add, which says at once whether the claim is good. A thread that wakes
** late meets a finished word, or the next job's, and is right in both cases; so
** nobody waits for a thread that has nothing to do. Where threads are bound to
** processors, each has a word of its own, a share of the items that is the same in
** every job of so many, and takes of the others' when that is done. It must never
** allocate, lock or make a system call while there is work.
*/
#include "core/workers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#include "base/error.h"
#include "base/processors.h"
#include "core/model.h"

enum {
    WORKERS_LINE = 64,      /* bytes: what two threads write lies this far apart */
    WORKERS_SPIN = 2000     /* pauses before sleeping: about 0.1 ms, a few regions' gap */
};

static const uint64_t workers_own = UINT64_C(1) << 63;     /* of a claim: no other thread's */

struct workers_thread {
    struct workers *pool;
    pthread_t id;
    int number;
};

struct workers_share {
    _Alignas(WORKERS_LINE) _Atomic uint64_t claim;  /* end of its items << 32 | next item */
};

struct workers {
    struct workers_share common;
    _Alignas(WORKERS_LINE) _Atomic int done;        /* finished items of this job */
    _Alignas(WORKERS_LINE) _Atomic unsigned job;    /* counts jobs: what sleepers watch */
    _Atomic int sleeping;
    _Atomic bool caller_sleeps, quit;
    workers_fn *fn;
    void *context;
    int items;
    _Alignas(WORKERS_LINE) pthread_mutex_t mutex;
    pthread_cond_t start, finish;
    _Alignas(WORKERS_LINE) int count;
    int spin, started;
    int useful;                     /* threads that have a processor each */
    int shares;                     /* 1, or one a thread: they are bound, */
    int nbound, *bound;             /* to these processors in turn */
    struct workers_share *share;
    struct workers_thread thread[];
};

static inline void workers_pause(void)
{
#if defined(__x86_64__)
    _mm_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Sets the calling thread to treat denormals as zero (f64 programs: does nothing).
** A trained network slows down 5 to 50 times otherwise. */
static void workers_flush_denormals(void)
{
#if LATHE_F64
    /* Numerical gradients live below the smallest normal number's neighbourhood. */
#elif defined(__x86_64__)
    _mm_setcsr(_mm_getcsr() | 0x8040u);              /* flush to zero, denormals are zero */
#elif defined(__aarch64__)
    uint64_t control;
    __asm__ volatile("mrs %0, fpcr" : "=r"(control));
    control |= UINT64_C(1) << 24;
    __asm__ volatile("msr fpcr, %0" : : "r"(control));
#endif
}

/* Takes the next item of a share. Of another thread's it may not where that is to run them. */
static bool workers_claim(_Atomic uint64_t *share, bool own, int *item)
{
    uint64_t claim;
    if (own) {
        claim = atomic_fetch_add_explicit(share, 1, memory_order_acq_rel);
        *item = (int)(uint32_t)claim;
        return (uint32_t)claim < (uint32_t)((claim & ~workers_own) >> 32);
    }
    claim = atomic_load_explicit(share, memory_order_relaxed);
    while (!(claim & workers_own) && (uint32_t)claim < (uint32_t)(claim >> 32))
        if (atomic_compare_exchange_weak_explicit(share, &claim, claim + 1, memory_order_acq_rel,
                                                  memory_order_relaxed)) {
            *item = (int)(uint32_t)claim;
            return true;
        }
    return false;
}

/* Claims and runs items until there are none. A good claim keeps its job alive:
** fn, context and items cannot change before this thread adds to `done`. */
static void workers_work(struct workers *w, int thread)
{
    for (int k = 0, item; k < w->shares; k++)
        while (workers_claim(&w->share[(thread + k) % w->shares].claim, k == 0, &item)) {
            const int items = w->items;
            w->fn(w->context, item, items, thread);
            /* The job's last item was perhaps this one: tell before the next claim,
            ** which may already belong to another job. */
            bool last = atomic_fetch_add(&w->done, 1) + 1 == items;
            if (last && thread != 0 && atomic_load(&w->caller_sleeps)) {
                pthread_mutex_lock(&w->mutex);
                pthread_cond_signal(&w->finish);
                pthread_mutex_unlock(&w->mutex);
            }
        }
}

/* Waits until the job counter has moved on from `seen`; returns its new value. */
static unsigned workers_wait(struct workers *w, unsigned seen)
{
    for (int k = 0; k < w->spin; k++) {
        unsigned job = atomic_load_explicit(&w->job, memory_order_acquire);
        if (job != seen)
            return job;
        workers_pause();
    }
    pthread_mutex_lock(&w->mutex);
    atomic_fetch_add(&w->sleeping, 1);
    while (atomic_load(&w->job) == seen)
        pthread_cond_wait(&w->start, &w->mutex);
    atomic_fetch_sub(&w->sleeping, 1);
    pthread_mutex_unlock(&w->mutex);
    return atomic_load(&w->job);
}

static void *workers_main(void *argument)
{
    struct workers_thread *self = argument;
    struct workers *w = self->pool;
    workers_flush_denormals();
    unsigned seen = 0;
    for (;;) {
        seen = workers_wait(w, seen);
        if (atomic_load(&w->quit))
            return NULL;
        workers_work(w, self->number);
    }
}

/* Moves the job counter on and wakes as many as are wanted beside the caller; those who are awake
** come by themselves. Sleepers count themselves before they look at the counter, so none is
** missed. */
static void workers_announce(struct workers *w, int wanted)
{
    atomic_fetch_add(&w->job, 1);
    const int awake = w->started - atomic_load(&w->sleeping);
    if (awake >= wanted)
        return;
    pthread_mutex_lock(&w->mutex);
    if (wanted == w->started)
        pthread_cond_broadcast(&w->start);
    for (int k = awake; wanted < w->started && k < wanted; k++)
        pthread_cond_signal(&w->start);
    pthread_mutex_unlock(&w->mutex);
}

static void workers_finish(struct workers *w, int items)
{
    for (int k = 0; k < w->spin; k++) {
        if (atomic_load_explicit(&w->done, memory_order_acquire) == items)
            return;
        workers_pause();
    }
    pthread_mutex_lock(&w->mutex);
    atomic_store(&w->caller_sleeps, true);
    while (atomic_load(&w->done) != items)
        pthread_cond_wait(&w->finish, &w->mutex);
    atomic_store(&w->caller_sleeps, false);
    pthread_mutex_unlock(&w->mutex);
}

/* Where a thread's share begins. */
static int workers_first(int share, int shares, int items)
{
    return (int)((long long)items*share/shares);
}

static void workers_job(struct workers *w, int items, workers_fn *fn, void *context, int wanted,
                        uint64_t own)
{
    w->fn = fn;
    w->context = context;
    w->items = items;
    atomic_store_explicit(&w->done, 0, memory_order_relaxed);
    for (int k = 0; k < w->shares; k++) {
        const uint64_t end = (uint64_t)workers_first(k + 1, w->shares, items);
        atomic_store_explicit(&w->share[k].claim,
                              own | end << 32 | (uint64_t)workers_first(k, w->shares, items),
                              memory_order_release);
    }
    workers_announce(w, wanted);
    workers_work(w, 0);
    workers_finish(w, items);
}

void workers_run(struct workers *w, int items, workers_fn *fn, void *context)
{
    if (w->count == 1 || items <= 1) {
        for (int item = 0; item < items; item++)
            fn(context, item, items, 0);
        return;
    }
    workers_job(w, items, fn, context, (items < w->useful ? items : w->useful) - 1, 0);
}

void workers_each(struct workers *w, workers_fn *fn, void *context)
{
    workers_job(w, w->count, fn, context, w->started, workers_own);
}

int workers_count(const struct workers *w)
{
    return w->count;
}

static struct workers *workers_alloc(int threads)
{
    size_t size = sizeof(struct workers) + (size_t)threads*sizeof(struct workers_thread);
    const int processors = processors_available();
    void *memory;
    if (posix_memalign(&memory, WORKERS_LINE, size) != 0)
        return NULL;
    memset(memory, 0, size);
    struct workers *w = memory;
    w->shares = 1;
    w->share = &w->common;
    w->count = threads;
    /* With more threads than processors a spinning thread keeps a working one out. */
    w->spin = threads > processors ? 0 : WORKERS_SPIN;
    w->useful = threads < processors ? threads : processors;
    if (pthread_mutex_init(&w->mutex, NULL) != 0 || pthread_cond_init(&w->start, NULL) != 0 ||
        pthread_cond_init(&w->finish, NULL) != 0) {
        free(w);
        return NULL;
    }
    return w;
}

struct workers *workers_open(int threads, char *err)
{
    if (threads < 1 || threads > THREADS_MOST) {
        error_set(err, "%d threads: expected 1 to %d", threads, THREADS_MOST);
        return NULL;
    }
    struct workers *w = workers_alloc(threads);
    if (!w) {
        error_set(err, "not enough memory for %d threads", threads);
        return NULL;
    }
    workers_flush_denormals();
    for (int k = 1; k < threads; k++) {
        w->thread[k] = (struct workers_thread){ .pool = w, .number = k };
        int failure = pthread_create(&w->thread[k].id, NULL, workers_main, &w->thread[k]);
        if (failure != 0) {
            error_set(err, "thread %d of %d could not be started: %s; try fewer (--threads)",
                      k + 1, threads, strerror(failure));
            workers_close(w);
            return NULL;
        }
        w->started++;
    }
    return w;
}

static bool workers_make_shares(struct workers *w, char *err)
{
    const size_t count = (size_t)w->count;
    void *memory = NULL;
    if (posix_memalign(&memory, WORKERS_LINE, count*sizeof(struct workers_share)) != 0)
        return error_set(err, "not enough memory for %d threads", w->count);
    memset(memory, 0, count*sizeof(struct workers_share));
    w->share = memory;
    w->shares = w->count;
    return true;
}

bool workers_bind(struct workers *w, char *err)
{
    w->bound = malloc(PROCESSORS_MOST*sizeof *w->bound);
    const int count = w->bound ? processors_allowed(w->bound) : 0;
    if (!w->bound)
        return error_set(err, "not enough memory to bind threads");
    if (!count)
        return error_set(err, "this system binds no threads to processors (--pin)");
    processors_order("", w->bound, count);
    w->nbound = count;
    for (int k = 0; k < w->count; k++) {
        const pthread_t id = k ? w->thread[k].id : pthread_self();
        const int processor = w->bound[k % count];
        const int failure = processors_bind(id, &processor, 1);
        if (failure)
            return error_set(err, "thread %d of %d could not be bound to processor %d: %s; try "
                             "without --pin", k + 1, w->count, processor, strerror(failure));
    }
    return w->count == 1 || workers_make_shares(w, err);
}

const int *workers_bound(const struct workers *w, int *count)
{
    *count = w->count < w->nbound ? w->count : w->nbound;
    return w->nbound ? w->bound : NULL;
}

void workers_close(struct workers *w)
{
    if (!w)
        return;
    atomic_store(&w->quit, true);
    workers_announce(w, w->started);
    for (int k = 1; k <= w->started; k++)
        pthread_join(w->thread[k].id, NULL);
    pthread_cond_destroy(&w->finish);
    pthread_cond_destroy(&w->start);
    pthread_mutex_destroy(&w->mutex);
    if (w->nbound)
        (void)processors_bind(pthread_self(), w->bound, w->nbound);    /* as before */
    if (w->share != &w->common)
        free(w->share);
    free(w->bound);
    free(w);
}
