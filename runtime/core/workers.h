/*
** workers.h - a pool of threads that runs the items of one job after another.
** It never decides what an item computes: which thread runs which item is open,
** so a job's result must depend on (item, items) only.
*/
#ifndef LATHE_WORKERS_H
#define LATHE_WORKERS_H

#include <stdbool.h>

struct workers;

/* Runs item `item` of `items`. `thread` (0 .. threads-1) is the running thread's
** own number: no two items run at once under the same one. */
typedef void workers_fn(void *context, int item, int items, int thread);

/* Starts threads - 1 threads (the caller is number 0) and sets the caller and
** them to flush denormals in f32 programs. NULL: err says why. */
struct workers *workers_open(int threads, char *err);
void workers_close(struct workers *w);   /* NULL is fine */

int workers_count(const struct workers *w);

/*
** Before the first job: binds every thread, the caller's too, to one of the processors that the
** caller may use (processors_order), by turns where there are more threads. From then on thread t
** of T first takes the items from items*t/T on, up to items*(t + 1)/T, and others' only when these
** are done: what a thread has written is where it runs. False: err says why; the pool is to be
** closed. Closing gives the caller its processors back.
*/
bool workers_bind(struct workers *w, char *err);

/* The processors of threads 0 .. *count-1, those after have them in turn; NULL: none is bound. */
const int *workers_bound(const struct workers *w, int *count);

/* Runs items 0 .. items-1, claimed in that order, the caller taking part, and
** returns when all are done. Only the thread that opened the pool may call it. */
void workers_run(struct workers *w, int items, workers_fn *fn, void *context);

/* One item a thread, which may wait for each other in it. Of a pool that is bound item t is thread
** t's. */
void workers_each(struct workers *w, workers_fn *fn, void *context);

#endif
