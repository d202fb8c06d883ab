/*
** cmd_bench.c - `bench`: what each region of a training step costs, beside the peak of
** fused multiply-adds and the memory bandwidth measured in the same minute on the same
** threads. It must never read a clock inside a region, nor measure steps that training
** would not do: every round goes back to the same step and does the same work.
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "cpu.h"
#include "error.h"
#include "file.h"
#include "param_file.h"
#include "params.h"
#include "replay.h"
#include "roof.h"
#include "series.h"
#include "solver.h"
#include "whiten.h"

enum {
    BENCH_UNTIMED = 2,        /* steps of a round before the first sample: caches, threads */
    BENCH_ISAS = 4,
    BENCH_PASSES = 20         /* of inference in a round, `--steps` of the whole batch's */
};

struct bench_row {
    char name[80];
    const char *kind;         /* forward, backward, step, inference */
    double flop, bytes;
    struct series seconds;
};

/* One instruction set of the program that runs here. */
struct bench_isa { const struct model *model; struct series all, one; };

struct bench_settings {
    struct command_data data;
    const char *csv, *params, *save;
    long threads, batch, steps, warm, seed;
    double seconds;
    bool infer, serve;
};

struct bench_run {
    const struct bench_settings *settings;
    struct engine engine;
    struct replay replay;
    struct roof roof;
    struct bench_row *row;    /* forward regions, backward regions, then: */
    int rows, step, batch, single;    /* whole step, inference of a batch, of an image */
    struct bench_isa isa[BENCH_ISAS]; int isas;
    struct series all, one;   /* bytes/s */
    bool regions;             /* the clock is read around each */
};

/* ---- measuring ---- */

static void bench_region(void *context, bool backward, int index, double seconds)
{
    struct bench_run *b = context;
    int row = backward ? b->engine.model->nforward + index : index;
    series_add(&b->row[row].seconds, seconds);
}

static void bench_timing(struct bench_run *b, bool on)
{
    b->engine.timing = on ? bench_region : NULL;
    b->engine.timing_context = b;
}

/* What inference costs: the only place that knows how it is done. */
static void bench_evaluate(struct bench_run *b, int images)
{
    engine_forward(&b->engine, images, MODE_EVAL);
}

static void bench_steps(struct bench_run *b, long count)
{
    replay_rewind(&b->replay);
    for (long k = -BENCH_UNTIMED; k < count; k++) {
        replay_feed(&b->replay);
        bench_timing(b, k >= 0);
        double start = engine_clock();
        replay_update(&b->replay);
        double seconds = engine_clock() - start;
        bench_timing(b, false);
        if (k >= 0)
            series_add(&b->row[b->step].seconds, seconds);
    }
}

static void bench_inference(struct bench_run *b, int row, int images, long count, bool regions)
{
    replay_rewind(&b->replay);
    replay_feed(&b->replay);
    for (long k = -BENCH_UNTIMED; k < count; k++) {
        bench_timing(b, regions && k >= 0);
        double start = engine_clock();
        bench_evaluate(b, images);
        double seconds = engine_clock() - start;
        if (k >= 0)
            series_add(&b->row[row].seconds, seconds);
    }
    bench_timing(b, false);
}

static void bench_roofs(struct bench_run *b)
{
    int threads = workers_count(b->engine.workers);
    for (int k = 0; k < b->isas; k++) {
        series_add(&b->isa[k].all, roof_peak(&b->roof, b->isa[k].model->peak, threads));
        series_add(&b->isa[k].one, roof_peak(&b->roof, b->isa[k].model->peak, 1));
    }
    series_add(&b->all, roof_bandwidth(&b->roof, threads));
    series_add(&b->one, roof_bandwidth(&b->roof, 1));
}

static void bench_rounds(struct bench_run *b)
{
    const struct bench_settings *s = b->settings;
    double end = engine_clock() + s->seconds;
    do {
        bench_roofs(b);
        if (!s->infer)
            bench_steps(b, s->steps);
        bench_inference(b, b->batch, (int)s->batch, s->steps, s->infer);
        bench_inference(b, b->single, 1, BENCH_PASSES, false);
    } while (engine_clock() < end);
}

/* ---- tables ---- */

static void bench_isa_lines(struct bench_run *b, int threads)
{
    for (int k = 0; k < b->isas; k++) {
        printf("FMA peak    %-7s%8.1f GFLOP/s on %d thread%s", b->isa[k].model->isa,
               series_quantile(&b->isa[k].all, 0.5)*1e-9, threads, threads == 1 ? "" : "s");
        if (threads > 1)
            printf(", %.1f on one", series_quantile(&b->isa[k].one, 0.5)*1e-9);
        printf("\n");
    }
    printf("memory      %-7s%8.1f GB/s on %d thread%s", "triad",
           series_quantile(&b->all, 0.5)*1e-9, threads, threads == 1 ? "" : "s");
    if (threads > 1)
        printf(", %.1f on one", series_quantile(&b->one, 0.5)*1e-9);
    printf("\n\n");
}

static void bench_say_what(const struct bench_run *b, int threads)
{
    const struct bench_settings *s = b->settings;
    const struct model *m = b->engine.model;
    printf("%s, %s, %s, %ld images a step, %d thread%s\ndata: %s\n", m->name, m->isa,
           sizeof(real) == 4 ? "f32" : "f64", s->batch, threads, threads == 1 ? "" : "s",
           b->replay.data->source);
    printf("steps %ld to %ld of training with seed %ld%s%s, again and again\n\n",
           b->replay.start + BENCH_UNTIMED + 1, b->replay.start + BENCH_UNTIMED + s->steps,
           s->seed, s->params ? ", from " : "", s->params ? s->params : "");
}

static void bench_print(struct bench_run *b)
{
    int threads = workers_count(b->engine.workers);
    bench_say_what(b, threads);
    bench_isa_lines(b, threads);
    double peak = series_quantile(&b->isa[0].all, 0.5), memory = series_quantile(&b->all, 0.5);
    printf("%-34s%10s%10s%8s%9s%8s\n", "region", "ms", "GFLOP/s", "% peak", "MB", "% mem");
    for (int k = 0; k < b->rows; k++) {
        struct bench_row *r = &b->row[k];
        double seconds = series_quantile(&r->seconds, 0.5);
        if (r->seconds.count == 0)
            continue;
        if (k == b->step || (k == b->batch && b->settings->infer))
            printf("\n");
        printf("%-34s%10.4f", r->name, seconds*1e3);
        if (r->flop > 0)
            printf("%10.1f%8.1f", r->flop/seconds*1e-9, 100*r->flop/seconds/peak);
        else
            printf("%10s%8s", "-", "-");
        if (r->bytes > 0)
            printf("%9.2f%8.1f\n", r->bytes*1e-6, 100*r->bytes/seconds/memory);
        else
            printf("%9s%8s\n", "-", "-");
    }
    printf("\n");
    for (int k = b->step; k < b->rows; k++) {
        struct series *t = &b->row[k].seconds;
        long images = k == b->single ? 1 : b->settings->batch;
        if (t->count)
            printf("%-21s%10.4f ms, quartiles %.4f and %.4f; %.0f images/s\n", b->row[k].name,
                   series_quantile(t, 0.5)*1e3, series_quantile(t, 0.25)*1e3,
                   series_quantile(t, 0.75)*1e3, (double)images/series_quantile(t, 0.5));
    }
    printf("Medians. FLOP: dense-equivalent. MB: what must be read and written at least, also "
           "from\ncaches; so %% mem may pass 100.\n");
}

/* ---- the table as a file ---- */

static void bench_save_roof(FILE *out, const char *name, int threads, struct series *s,
                            const char *kind)
{
    bool peak = strcmp(kind, "peak") == 0;
    fprintf(out, "%s,%s,%d,", name, kind, threads);
    for (int k = 0; k < 5; k++)
        fprintf(out, ",");
    fprintf(out, peak ? "%d,%.3f,,,,," : "%d,,,,%.3f,,", s->count, series_quantile(s, 0.5)*1e-9);
    fprintf(out, "%.3f,%.3f\n", series_quantile(s, 0)*1e-9, series_quantile(s, 1)*1e-9);
}

static void bench_save_row(const struct bench_run *b, FILE *out, struct bench_row *r,
                           double peak, double memory)
{
    double seconds = series_quantile(&r->seconds, 0.5);
    fprintf(out, "%s,%s,%d", r->name, r->kind, workers_count(b->engine.workers));
    static const double shares[] = { 0.5, 0, 0.25, 0.75, 1 };
    for (int k = 0; k < COMMAND_COUNT(shares); k++)
        fprintf(out, ",%.6f", series_quantile(&r->seconds, shares[k])*1e3);
    fprintf(out, ",%d,%.3f,", r->seconds.count, r->flop/seconds*1e-9);
    fprintf(out, peak > 0 ? "%.2f," : ",", 100*r->flop/seconds/peak);
    fprintf(out, "%.6f,%.3f,", r->bytes*1e-6, r->bytes/seconds*1e-9);
    fprintf(out, memory > 0 ? "%.2f,,\n" : ",,\n", 100*r->bytes/seconds/memory);
}

static void bench_save_rows(struct bench_run *b, FILE *out)
{
    int threads = workers_count(b->engine.workers);
    fprintf(out, "name,kind,threads,ms,ms_min,ms_q1,ms_q3,ms_max,samples,gflops,"
            "percent_of_peak,mbytes,gbytes_per_s,percent_of_bandwidth,least,most\n");
    for (int k = 0; k < b->isas && b->all.count; k++) {
        bench_save_roof(out, b->isa[k].model->isa, threads, &b->isa[k].all, "peak");
        if (threads > 1)
            bench_save_roof(out, b->isa[k].model->isa, 1, &b->isa[k].one, "peak");
    }
    if (b->all.count)
        bench_save_roof(out, "triad", threads, &b->all, "bandwidth");
    if (b->one.count && threads > 1)
        bench_save_roof(out, "triad", 1, &b->one, "bandwidth");
    for (int k = 0; k < b->rows; k++)
        if (b->row[k].seconds.count)
            bench_save_row(b, out, &b->row[k], series_quantile(&b->isa[0].all, 0.5),
                           series_quantile(&b->all, 0.5));
}

static bool bench_save(struct bench_run *b, char *err)
{
    const char *path = b->settings->csv;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return error_set(err, "not enough memory for %s", path);
    bench_save_rows(b, out);
    bool good = !ferror(out);
    good = fclose(out) == 0 && good;
    good = good ? file_write(path, text, size, err)
                : error_set(err, "not enough memory for %s", path);
    free(text);
    return good;
}

/* ---- in turns with other programs ---- */

static void bench_say_times(const struct bench_run *b, int row, int before)
{
    const struct series *s = &b->row[row].seconds;
    printf("times");
    for (int k = before; k < s->count; k++)
        printf(" %.6f", s->sample[k]*1e3);
    printf("\n");
}

static double bench_evaluation_loss(struct bench_run *b, int images)
{
    replay_rewind(&b->replay);
    replay_feed(&b->replay);
    engine_forward(&b->engine, images, MODE_EVAL);
    return engine_loss(&b->engine, b->engine.labels);
}

/* One request. False: it is none. */
static bool bench_answer(struct bench_run *b, const char *line)
{
    long images = 0, count = 0;
    const long most = b->settings->batch;
    if (sscanf(line, "step %ld", &count) == 1 && count > 0 && count <= SERIES_ROOM) {
        int before = b->row[b->step].seconds.count;
        bench_steps(b, count);
        bench_say_times(b, b->step, before);
    } else if (sscanf(line, "infer %ld %ld", &images, &count) == 2 && images > 0 &&
               images <= most && count > 0 && count <= SERIES_ROOM) {
        int row = images == 1 ? b->single : b->batch, before = b->row[row].seconds.count;
        bench_inference(b, row, (int)images, count, false);
        bench_say_times(b, row, before);
    } else if (sscanf(line, "evaluate %ld", &images) == 1 && images > 0 && images <= most) {
        printf("loss %.9g\n", bench_evaluation_loss(b, (int)images));
    } else if (strcmp(line, "loss\n") == 0) {
        replay_rewind(&b->replay);
        replay_feed(&b->replay);
        printf("loss %.9g\n", replay_update(&b->replay));
    } else if (strcmp(line, "roofs\n") == 0) {
        bench_roofs(b);
        printf("done\n");
    } else {
        return false;
    }
    return true;
}

/* Requests on stdin, an answer line for each: bench/contender.py says which. */
static void bench_serve(struct bench_run *b)
{
    const struct bench_settings *s = b->settings;
    const struct model *m = b->engine.model;
    char line[128];
    printf("ready network=%s isa=%s type=%s threads=%ld batch=%ld step=%ld reg=%.9g lr=%.9g "
           "data=%s\n", m->name, m->isa, sizeof(real) == 4 ? "f32" : "f64", s->threads, s->batch,
           b->replay.start, b->replay.options->reg, b->replay.options->rate[RATE_LR],
           b->replay.data->source);
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) && strcmp(line, "quit\n") != 0) {
        if (!bench_answer(b, line))
            printf("failed: unknown request %s", line);
        fflush(stdout);
    }
}

/* ---- the command ---- */

static void bench_name_rows(struct bench_run *b)
{
    const struct model *m = b->engine.model;
    double images = (double)b->settings->batch;
    struct bench_row *step = &b->row[b->step], *batch = &b->row[b->batch];
    *step = (struct bench_row){ .name = "whole training step", .kind = "step" };
    *batch = (struct bench_row){ .kind = "inference" };
    snprintf(batch->name, sizeof batch->name, "inference of %ld", b->settings->batch);
    for (int k = 0; k < b->step; k++) {
        bool forward = k < m->nforward;
        const struct region *r = forward ? &m->forward[k] : &m->backward[k - m->nforward];
        struct bench_row *row = &b->row[k];
        *row = (struct bench_row){ .kind = forward ? "forward" : "backward",
                                   .flop = r->flop*images,
                                   .bytes = r->bytes_fixed + r->bytes_image*images };
        snprintf(row->name, sizeof row->name, "%s", r->name);
        step->flop += row->flop;
        step->bytes += row->bytes;
        batch->flop += forward ? row->flop : 0;
        batch->bytes += forward ? row->bytes : 0;
    }
    struct bench_row *single = &b->row[b->single];
    *single = (struct bench_row){ .name = "inference of 1", .kind = "inference",
                                  .flop = batch->flop/images };
    for (int k = 0; k < m->nforward; k++)
        single->bytes += m->forward[k].bytes_fixed + m->forward[k].bytes_image;
}

/* The instruction sets of this network in the program; the one at work first. */
static bool bench_open_isas(struct bench_run *b)
{
    const struct model *own = b->engine.model;
    b->isa[b->isas++].model = own;
    for (int k = 0; k < lathe_nmodels && b->isas < BENCH_ISAS; k++)
        if (lathe_models[k] != own && strcmp(lathe_models[k]->name, own->name) == 0 &&
            cpu_has(lathe_models[k]->isa))
            b->isa[b->isas++].model = lathe_models[k];
    bool good = true;
    for (int k = 0; k < b->isas; k++)
        good = series_open(&b->isa[k].all) && series_open(&b->isa[k].one) && good;
    return good;
}

static bool bench_open(struct bench_run *b, char *err)
{
    const struct model *m = b->engine.model;
    b->step = m->nforward + m->nbackward;
    b->batch = b->step + 1;
    b->single = b->settings->batch > 1 ? b->batch + 1 : b->batch;
    b->rows = b->single + 1;
    b->row = calloc((size_t)b->rows, sizeof *b->row);
    bool good = b->row != NULL;
    if (good)
        bench_name_rows(b);
    for (int k = 0; good && k < b->rows; k++)
        good = series_open(&b->row[k].seconds);
    good = good && bench_open_isas(b) && series_open(&b->all) && series_open(&b->one);
    return good ? roof_open(&b->roof, b->engine.workers, err)
                : error_set(err, "not enough memory");
}

static void bench_close(struct bench_run *b)
{
    for (int k = 0; b->row && k < b->rows; k++)
        series_close(&b->row[k].seconds);
    for (int k = 0; k < b->isas; k++) {
        series_close(&b->isa[k].all);
        series_close(&b->isa[k].one);
    }
    free(b->row);
    series_close(&b->all);
    series_close(&b->one);
    roof_close(&b->roof);
    replay_close(&b->replay);
    engine_close(&b->engine);
}

/* First parameters as `train` has them, or those of a file with its preprocessing. */
static bool bench_parameters(struct bench_run *b, const struct dataset *data,
                             struct preprocess *preprocess, char *err)
{
    const struct bench_settings *s = b->settings;
    struct param_file_info info;
    if (!s->params) {
        params_init(&b->engine, (uint64_t)s->seed, -1);
        return preprocess_fit(preprocess, b->engine.model->train.preprocess, &data->fit, err)
               && whiten(&b->engine, &data->fit, preprocess, err);
    }
    if (!param_file_load(s->params, &b->engine, &info, err))
        return false;
    *preprocess = info.preprocess;
    return true;
}

static bool bench_with_data(struct bench_run *b, const struct dataset *data, char *err)
{
    const struct bench_settings *s = b->settings;
    struct preprocess preprocess = { .mean = NULL };
    struct solver_options o;
    solver_defaults(&o, b->engine.model);
    o.batch = (int)s->batch;
    o.seed = (uint64_t)s->seed;
    bool good = bench_open(b, err) && bench_parameters(b, data, &preprocess, err)
                && replay_open(&b->replay, &b->engine, data, &preprocess, &o, s->warm, err)
                && (!s->save || replay_save(&b->replay, s->save, err));
    if (good && s->serve)
        bench_serve(b);
    if (good && !s->serve) {
        bench_rounds(b);
        bench_print(b);
    }
    good = good && (!s->csv || bench_save(b, err));
    preprocess_free(&preprocess);
    return good;
}

int command_bench(const struct program *p, int argc, char **argv)
{
    const struct model *m = p->model;
    struct bench_settings s = { .data = COMMAND_DATA_DEFAULTS, .threads = workers_available(),
                                .batch = m->train.batch < m->batch ? m->train.batch : m->batch,
                                .steps = 10, .warm = 100, .seed = 1, .seconds = 3 };
    const struct option_row rows[] = {
        { "--threads", OPTION_INTEGER, "N", &s.threads, 1, 1024, NULL, "how many work" },
        { "--batch", OPTION_INTEGER, "M", &s.batch, 1, m->batch, NULL, "images of a step" },
        { "--data", OPTION_TEXT, "DIR", &s.data.dir, 0, 0, NULL,
          "what to train on, as for `train`" },
        { "--params", OPTION_TEXT, "FILE", &s.params, 0, 0, NULL,
          "start from these parameters; else from the network's first ones" },
        { "--seed", OPTION_INTEGER, "N", &s.seed, 0, 9e15, NULL, "of all random numbers" },
        { "--warm", OPTION_INTEGER, "K", &s.warm, 0, 1e6, NULL,
          "training steps before those that are measured" },
        { "--steps", OPTION_INTEGER, "K", &s.steps, 1, SERIES_ROOM, NULL,
          "steps measured; every round goes back and does the same ones" },
        { "--seconds", OPTION_REAL, "X", &s.seconds, 0, 3600, NULL,
          "rounds until then; at least one" },
        { "--infer", OPTION_FLAG, NULL, &s.infer, 0, 0, NULL,
          "the regions of evaluation instead of those of training" },
        { "--csv", OPTION_TEXT, "FILE", &s.csv, 0, 0, NULL, "the table as a file" },
        { "--save", OPTION_TEXT, "DIR", &s.save, 0, 0, NULL,
          "params.safetensors, x.npy, y.npy of the first step measured" },
        { "--serve", OPTION_FLAG, NULL, &s.serve, 0, 0, NULL,
          "requests from standard input, for bench/bench.py" },
    };
    struct bench_run b = { .settings = &s };
    struct dataset data;
    char err[ERR_SIZE];
    int status;
    if (!command_options(p, "bench", "Times every region of a training step beside the peak of "
                         "this processor's multiply-adds and the memory bandwidth.", rows,
                         COMMAND_COUNT(rows), argc, argv, &status))
        return status;
    if (!command_open_data(p, &s.data, &data))
        return STATUS_FAULT;
    bool good = engine_open(&b.engine, m, (int)s.threads, err);
    if (good) {
        good = bench_with_data(&b, &data, err);
        bench_close(&b);
    }
    dataset_close(&data);
    return good ? STATUS_DONE : command_fault(p, "%s", err);
}
