/*
** workers.c - the pool. A job is one 64-bit word, items << 32 | next: claiming is
** one fetch_add, which says at once whether the claim is good. A thread that wakes
** late meets a finished word, or the next job's, and is right in both cases; so
** nobody waits for a thread that has nothing to do. It must never allocate, lock
** or make a system call while there is work.
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
    WORKERS_SPIN = 2000,    /* pauses before sleeping: about 0.1 ms, a few regions' gap */
    WORKERS_MAX = 1024
};

struct workers_thread {
    struct workers *pool;
    pthread_t id;
    int number;
};

struct workers {
    _Alignas(WORKERS_LINE) _Atomic uint64_t claim;  /* items << 32 | next item */
    _Alignas(WORKERS_LINE) _Atomic int done;        /* finished items of this job */
    _Alignas(WORKERS_LINE) _Atomic unsigned job;    /* counts jobs: what sleepers watch */
    _Atomic int sleeping;
    _Atomic bool caller_sleeps, quit;
    workers_fn *fn;
    void *context;
    _Alignas(WORKERS_LINE) pthread_mutex_t mutex;
    pthread_cond_t start, finish;
    int count, spin, started;
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

/* Claims and runs items until there are none. A good claim keeps its job alive:
** fn and context cannot change before this thread adds to `done`. */
static void workers_work(struct workers *w, int thread)
{
    for (;;) {
        uint64_t claim = atomic_fetch_add_explicit(&w->claim, 1, memory_order_acq_rel);
        uint32_t item = (uint32_t)claim;
        if (item >= (uint32_t)(claim >> 32))
            break;
        int items = (int)(claim >> 32);
        w->fn(w->context, (int)item, items, thread);
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

/* Moves the job counter on and wakes whoever sleeps. Sleepers count themselves
** before they look at the counter, so none is missed. */
static void workers_announce(struct workers *w)
{
    atomic_fetch_add(&w->job, 1);
    if (atomic_load(&w->sleeping) > 0) {
        pthread_mutex_lock(&w->mutex);
        pthread_cond_broadcast(&w->start);
        pthread_mutex_unlock(&w->mutex);
    }
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

void workers_run(struct workers *w, int items, workers_fn *fn, void *context)
{
    if (w->count == 1 || items <= 1) {
        for (int item = 0; item < items; item++)
            fn(context, item, items, 0);
        return;
    }
    w->fn = fn;
    w->context = context;
    atomic_store_explicit(&w->done, 0, memory_order_relaxed);
    atomic_store_explicit(&w->claim, (uint64_t)items << 32, memory_order_release);
    workers_announce(w);
    workers_work(w, 0);
    workers_finish(w, items);
}

int workers_count(const struct workers *w)
{
    return w->count;
}

static struct workers *workers_alloc(int threads)
{
    size_t size = sizeof(struct workers) + (size_t)threads*sizeof(struct workers_thread);
    void *memory;
    if (posix_memalign(&memory, WORKERS_LINE, size) != 0)
        return NULL;
    memset(memory, 0, size);
    struct workers *w = memory;
    w->count = threads;
    /* With more threads than processors a spinning thread keeps a working one out. */
    w->spin = threads > processors_available() ? 0 : WORKERS_SPIN;
    if (pthread_mutex_init(&w->mutex, NULL) != 0 || pthread_cond_init(&w->start, NULL) != 0 ||
        pthread_cond_init(&w->finish, NULL) != 0) {
        free(w);
        return NULL;
    }
    return w;
}

struct workers *workers_open(int threads, char *err)
{
    if (threads < 1 || threads > WORKERS_MAX) {
        error_set(err, "%d threads: expected 1 to %d", threads, WORKERS_MAX);
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

void workers_close(struct workers *w)
{
    if (!w)
        return;
    atomic_store(&w->quit, true);
    workers_announce(w);
    for (int k = 1; k <= w->started; k++)
        pthread_join(w->thread[k].id, NULL);
    pthread_cond_destroy(&w->finish);
    pthread_cond_destroy(&w->start);
    pthread_mutex_destroy(&w->mutex);
    free(w);
}
