/*
** bench_scale.c - what more threads could give at most: a region's time on one thread, in as many
** rounds of equal items as threads need for what it is cut into. A model: memory, barriers and
** unequal items make it slower, and nothing of it was measured. It must never be called a result.
*/
#include <stdio.h>
#include <string.h>

#include "command/command.h"
#include "core/cut.h"
#include "train/bench.h"

static const int scale_threads[] = { 1, 2, 4, 8, 16, 24, 32, 48, 64 };

/* Of an item's time: how many of them one after the other. */
static double scale_rounds(int items, int threads)
{
    return (double)((items + threads - 1) / threads);
}

/* Seconds of a region that was measured on `now` threads. */
static double scale_region(const struct region *r, double seconds, int n, int now, int threads)
{
    const int items = cut_items(r, n, now), cut = cut_items(r, n, threads);
    const double work = seconds*items / scale_rounds(items, now);
    return work / cut*scale_rounds(cut, threads);
}

struct scale { double step, idle, lost; const char *where; };

static void scale_add(struct scale *s, const struct bench *b, int row, const struct region *r,
                      int threads)
{
    const int n = (int)b->settings->batch, now = workers_count(b->engine.workers);
    struct series *seconds = &b->row[row].seconds;
    if (!seconds->count)
        return;
    const double measured = series_quantile(seconds, 0);     /* nothing disturbed it */
    const double one = scale_region(r, measured, n, now, 1);
    const double time = scale_region(r, measured, n, now, threads);
    s->step += time;
    if (cut_items(r, n, threads) < threads)
        s->idle += time;
    if (time - one/threads > s->lost) {
        s->lost = time - one/threads;
        s->where = r->name;
    }
}

double bench_between(const struct bench *b)
{
    const struct series *step = &b->row[b->step].seconds;
    double least = step->sample[0];
    for (int k = 0; k < step->count; k++) {
        double between = step->sample[k];
        for (int r = 0; r < bench_infer_rows(b); r++)
            between -= b->row[r].seconds.count ? b->row[r].seconds.sample[k] : 0;
        least = between < least ? between : least;
    }
    return least > 0 ? least : 0;
}

void bench_scale(const struct bench *b, double between)
{
    const struct model *m = b->engine.model;
    double first = 0;
    printf("\nAt most, by the items that regions are cut into; %.4f ms between regions stay.\n"
           "threads      step ms  speedup  too few items  most is lost in\n", between*1e3);
    for (int k = 0; k < COMMAND_COUNT(scale_threads); k++) {
        struct scale s = { .step = between, .where = "-" };
        for (int r = 0; r < m->nforward; r++)
            scale_add(&s, b, r, &m->forward[r], scale_threads[k]);
        for (int r = 0; r < m->nbackward; r++)
            scale_add(&s, b, m->nforward + r, &m->backward[r], scale_threads[k]);
        first = k ? first : s.step;
        printf("%7d%13.4f%9.2f%13.1f %%  %s\n", scale_threads[k], s.step*1e3, first/s.step,
               100*s.idle/s.step, s.where);
    }
}
