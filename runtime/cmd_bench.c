/*
** cmd_bench.c - `bench`: what each region of a training step costs, beside the peak
** of fused multiply-adds measured in the same minute on the same threads. It must
** never read a clock inside a region, nor let the network learn: with a learning
** rate of 0 every step does the same work.
*/
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "error.h"
#include "file.h"
#include "params.h"
#include "random.h"
#include "solver.h"

enum {
    BENCH_SAMPLES = 4096,     /* of each region at most */
    BENCH_WARM_UP = 3,        /* steps before the first sample */
    BENCH_PEAK_RUNS = 3,      /* the best of these is a round's peak */
    BENCH_STEPS = 4           /* and as many forward passes between two peaks, at least */
};
static const double bench_peak_seconds = 0.004, bench_round_seconds = 0.03;

struct bench_series { double *sample; int count; };

struct bench_row { const char *name; double flop; struct bench_series seconds; };

struct bench_run {
    struct engine engine;
    const char *csv;
    double seconds;
    int images;
    struct bench_row *row;    /* forward regions, backward regions, then two totals */
    int rows;
    struct bench_series peak, peak_one;   /* FLOP/s: all threads, one */
    long rounds;              /* of model->peak, about bench_peak_seconds */
};

static void bench_add(struct bench_series *s, double value)
{
    if (s->count < BENCH_SAMPLES)
        s->sample[s->count++] = value;
}

static int bench_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double bench_median(const struct bench_series *s)
{
    if (s->count == 0)
        return 0;
    qsort(s->sample, (size_t)s->count, sizeof *s->sample, bench_compare);
    int middle = s->count/2;
    return s->count % 2 ? s->sample[middle] : (s->sample[middle - 1] + s->sample[middle])/2;
}

/* All threads must be at work at once, so each waits here for the others. */
struct bench_peak { double (*peak)(long); long rounds; atomic_int ready; double *flop; };

static void bench_peak_item(void *context, int item, int items, int thread)
{
    struct bench_peak *b = context;
    (void)thread;
    atomic_fetch_add(&b->ready, 1);
    while (atomic_load(&b->ready) < items)
        sched_yield();
    b->flop[item] = b->peak(b->rounds);
}

static double bench_measure_peak(struct bench_run *b, int threads, double *flop)
{
    double best = 0;
    for (int run = 0; run < BENCH_PEAK_RUNS; run++) {
        struct bench_peak peak = { b->engine.model->peak, b->rounds, 0, flop };
        double start = engine_clock(), sum = 0;
        workers_run(b->engine.workers, threads, bench_peak_item, &peak);
        double seconds = engine_clock() - start;
        for (int k = 0; k < threads; k++)
            sum += flop[k];
        if (sum/seconds > best)
            best = sum/seconds;
    }
    return best;
}

static void bench_calibrate(struct bench_run *b)
{
    for (b->rounds = 1000; ; b->rounds *= 2) {
        double start = engine_clock();
        b->engine.model->peak(b->rounds);
        if (engine_clock() - start >= bench_peak_seconds)
            break;
    }
}

static void bench_region(void *context, bool backward, int index, double seconds)
{
    struct bench_run *b = context;
    int row = backward ? b->engine.model->nforward + index : index;
    bench_add(&b->row[row].seconds, seconds);
}

/* The network's own optimizers, at a rate of 0: every step does the same work. */
static bool bench_rules(struct bench_run *b, char *err)
{
    struct solver_options o;
    struct rules rules;
    solver_defaults(&o, b->engine.model);
    if (!rules_open(&rules, &b->engine, &o, err))
        return false;
    for (int k = 0; k < rules.count; k++)
        rules.param[k].lr = 0;
    rules_apply(&rules, &b->engine, &o, 0, 1, 1);
    rules_close(&rules);
    return true;
}

static void bench_step(struct bench_run *b, bool count)
{
    b->engine.timing = count ? bench_region : NULL;
    b->engine.timing_context = b;
    double start = engine_clock();
    engine_update(&b->engine, b->images, b->engine.labels, MODE_TRAIN);
    double seconds = engine_clock() - start;
    b->engine.timing = NULL;
    if (count)
        bench_add(&b->row[b->rows - 1].seconds, seconds);
}

static void bench_forward(struct bench_run *b)
{
    double start = engine_clock();
    engine_forward(&b->engine, b->images, MODE_EVAL);
    bench_add(&b->row[b->rows - 2].seconds, engine_clock() - start);
}

/* Images as after subtracting a mean: whole numbers from -128 to 127. */
static void bench_fill(struct bench_run *b)
{
    struct engine *e = &b->engine;
    const struct model *m = e->model;
    size_t row = (size_t)m->in_w*(size_t)m->in_c;
    uint64_t at = 0;
    for (int i = 0; i < b->images; i++) {
        for (int y = 0; y < m->in_h; y++)
            for (size_t k = 0; k < row; k++)
                engine_input(e, i)[(size_t)y*m->input_row + k] =
                    (real)random_below(1, RANDOM_PROBE, 0, at++, 256) - 128;
        e->labels[i] = (int32_t)random_below(1, RANDOM_PROBE, 1, (uint64_t)i,
                                             (uint64_t)m->classes);
    }
    params_init(e, 1, -1);
}

static void bench_measure(struct bench_run *b, double *flop)
{
    int threads = workers_count(b->engine.workers);
    bench_calibrate(b);
    for (int k = 0; k < BENCH_WARM_UP; k++)
        bench_step(b, false);
    double end = engine_clock() + b->seconds;
    do {
        bench_add(&b->peak, bench_measure_peak(b, threads, flop));
        bench_add(&b->peak_one, bench_measure_peak(b, 1, flop));
        double round = engine_clock() + bench_round_seconds;
        for (int k = 0; k < BENCH_STEPS || engine_clock() < round; k++) {
            bench_step(b, true);
            bench_forward(b);
        }
    } while (engine_clock() < end);
}

static bool bench_open(struct bench_run *b)
{
    const struct model *m = b->engine.model;
    double forward = 0, step = 0;
    b->rows = m->nforward + m->nbackward + 2;
    b->row = calloc((size_t)b->rows, sizeof *b->row);
    if (!b->row)
        return false;
    for (int k = 0; k < m->nforward + m->nbackward; k++) {
        const struct region *r = k < m->nforward ? &m->forward[k]
                                                 : &m->backward[k - m->nforward];
        b->row[k].name = r->name;
        b->row[k].flop = r->flop*b->images;
        forward += k < m->nforward ? b->row[k].flop : 0;
        step += b->row[k].flop;
    }
    b->row[b->rows - 2] = (struct bench_row){ .name = "whole forward", .flop = forward };
    b->row[b->rows - 1] = (struct bench_row){ .name = "whole training step", .flop = step };
    for (int k = 0; k < b->rows; k++)
        if (!(b->row[k].seconds.sample = calloc(BENCH_SAMPLES, sizeof(double))))
            return false;
    b->peak.sample = calloc(BENCH_SAMPLES, sizeof(double));
    b->peak_one.sample = calloc(BENCH_SAMPLES, sizeof(double));
    return b->peak.sample && b->peak_one.sample;
}

static void bench_close(struct bench_run *b)
{
    for (int k = 0; b->row && k < b->rows; k++)
        free(b->row[k].seconds.sample);
    free(b->row);
    free(b->peak.sample);
    free(b->peak_one.sample);
    engine_close(&b->engine);
}

static void bench_print(const struct bench_run *b)
{
    const struct model *m = b->engine.model;
    int threads = workers_count(b->engine.workers);
    double peak = bench_median(&b->peak);
    printf("%s, %s, %s, %d images a step, %d thread%s\n", m->name, m->isa,
           sizeof(real) == 4 ? "f32" : "f64", b->images, threads, threads == 1 ? "" : "s");
    printf("FMA peak: %.1f GFLOP/s on %d thread%s, %.1f on one\n\n", peak*1e-9, threads,
           threads == 1 ? "" : "s", bench_median(&b->peak_one)*1e-9);
    printf("%-36s%12s%14s%12s\n", "region", "ms", "GFLOP/s", "% of peak");
    for (int k = 0; k < b->rows; k++) {
        const struct bench_row *r = &b->row[k];
        double seconds = bench_median(&r->seconds), speed = r->flop/seconds;
        if (k == b->rows - 2)
            printf("\n");
        if (r->flop > 0)
            printf("%-36s%12.4f%14.1f%12.1f\n", r->name, seconds*1e3, speed*1e-9,
                   100*speed/peak);
        else
            printf("%-36s%12.4f%14s%12s\n", r->name, seconds*1e3, "-", "-");
    }
    printf("\nMedians of %d steps; dense-equivalent FLOP; %.0f images/s in training.\n",
           b->row[b->rows - 1].seconds.count,
           b->images/bench_median(&b->row[b->rows - 1].seconds));
}

static bool bench_save(const struct bench_run *b, char *err)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return error_set(err, "not enough memory for %s", b->csv);
    double peak = bench_median(&b->peak);
    fprintf(out, "region,ms,gflops,percent_of_peak\n");
    for (int k = 0; k < b->rows; k++) {
        double seconds = bench_median(&b->row[k].seconds), speed = b->row[k].flop/seconds;
        fprintf(out, "%s,%.6f,%.3f,%.2f\n", b->row[k].name, seconds*1e3, speed*1e-9,
                100*speed/peak);
    }
    bool good = !ferror(out);
    good = fclose(out) == 0 && good;
    good = good ? file_write(b->csv, text, size, err)
                : error_set(err, "not enough memory for %s", b->csv);
    free(text);
    return good;
}

static int bench_run_all(const struct program *p, struct bench_run *b)
{
    char err[ERR_SIZE];
    int status = STATUS_DONE;
    double *flop = calloc((size_t)workers_count(b->engine.workers), sizeof *flop);
    if (flop && bench_open(b) && bench_rules(b, err)) {
        bench_fill(b);
        bench_measure(b, flop);
        bench_print(b);
        if (b->csv && !bench_save(b, err))
            status = command_fault(p, "%s", err);
    } else {
        status = command_fault(p, "not enough memory");
    }
    free(flop);
    return status;
}

int command_bench(const struct program *p, int argc, char **argv)
{
    struct bench_run b = { .seconds = 3 };
    const struct model *m = p->model;
    char err[ERR_SIZE];
    int status;
    long threads = workers_available(), capacity = m->batch;
    long images = m->train.batch < capacity ? m->train.batch : capacity;
    const struct option_row rows[] = {
        { "--threads", OPTION_INTEGER, "N", &threads, 1, 1024, NULL, "how many work" },
        { "--batch", OPTION_INTEGER, "M", &images, 1, (double)capacity, NULL,
          "images of a step" },
        { "--seconds", OPTION_REAL, "X", &b.seconds, 0, 3600, NULL, "how long to measure" },
        { "--csv", OPTION_TEXT, "FILE", &b.csv, 0, 0, NULL, "the table as a file" },
    };
    if (!command_options(p, "bench", "Times every region of a training step on random images, "
                         "and the peak of this processor's multiply-adds.", rows,
                         COMMAND_COUNT(rows), argc, argv, &status))
        return status;
    b.images = (int)images;
    if (!engine_open(&b.engine, m, (int)threads, err))
        return command_fault(p, "%s", err);
    status = bench_run_all(p, &b);
    bench_close(&b);
    return status;
}
