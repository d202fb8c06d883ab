/*
** cmd_bench.c - `bench`: opens what is measured, and measures on its own or on request.
*/
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/stream.h"
#include "command/command.h"
#include "core/params.h"
#include "data/param_file.h"
#include "data/whiten.h"
#include "file/output.h"
#include "train/bench.h"
#include "train/solver.h"

static void bench_say_times(const struct bench *b, int row, int before)
{
    const struct series *s = &b->row[row].seconds;
    printf("times");
    for (int k = before; k < s->count; k++)
        printf(" %.6f", s->sample[k]*1e3);
    printf("\n");
}

/* The medians of the last `count` samples of the rows from `first` to before `end`. */
static void bench_say_regions(const struct bench *b, int first, int end, int count)
{
    printf("regions");
    for (int k = first; k < end; k++) {
        const struct series *s = &b->row[k].seconds;
        const int seen = s->count < count ? s->count : count;   /* 0: nobody needs it */
        struct series last = { s->sample + s->count - seen, seen };
        printf("%s%s=%.6f", k > first ? ";" : " ", b->row[k].name,
               series_quantile(&last, 0.5)*1e3);
    }
    printf("\n");
}

/* One request. False: it is none. */
static bool bench_answer(struct bench *b, const char *line)
{
    long images = 0, count = 0;
    const long most = b->settings->batch;
    if (sscanf(line, "regions %ld", &count) == 1 && count > 0 && count <= SERIES_ROOM) {
        bench_steps(b, count);
        bench_say_regions(b, 0, bench_infer_rows(b), (int)count);
    } else if (sscanf(line, "inference %ld", &count) == 1 && count > 0 && count <= SERIES_ROOM) {
        bench_inference(b, b->batch, (int)most, count, true);
        bench_say_regions(b, bench_infer_rows(b), b->step, (int)count);
    } else if (sscanf(line, "step %ld", &count) == 1 && count > 0 && count <= SERIES_ROOM) {
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
static void bench_serve(struct bench *b)
{
    const struct bench_settings *s = b->settings;
    const struct model *m = b->engine.model;
    char line[128];
    printf("ready network=%s isa=%s type=%s threads=%ld batch=%ld step=%ld reg=%.9g lr=%.9g "
           "data=%s\n", m->name, m->isa, sizeof(real) == 4 ? "f32" : "f64", s->threads, s->batch,
           b->replay.start, b->replay.options->train.reg,
           b->replay.options->train.rate[RATE_LR],
           b->replay.data->source);
    stream_flush();
    while (fgets(line, sizeof line, stdin) && strcmp(line, "quit\n") != 0) {
        if (!bench_answer(b, line))
            printf("failed: unknown request %s", line);
        stream_flush();
    }
}

/* ---- the command ---- */

/* First parameters as `train` has them, or those of a file with its preprocessing. */
static bool bench_parameters(struct bench *b, const struct dataset *data,
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
    info.preprocess = (struct preprocess){ .mean = NULL };
    param_file_info_free(&info);
    return true;
}

static bool bench_with_data(struct bench *b, const struct dataset *data, char *err)
{
    const struct bench_settings *s = b->settings;
    struct preprocess preprocess = { .mean = NULL };
    struct solver_options o;
    solver_defaults(&o, b->engine.model);
    o.train.batch = (int)s->batch;
    o.seed = (uint64_t)s->seed;
    const struct output csv = { s->csv, OUTPUT_BENCH, "--csv", false };
    /* What measures the bandwidth is opened last: its arrays take seconds. */
    bool good = bench_parameters(b, data, &preprocess, err)
                && (!s->csv || output_claim(&csv, err))
                && replay_open(&b->replay, &b->engine, data, &preprocess, &o, s->warm, err)
                && (!s->save || replay_save(&b->replay, s->save, err))
                && bench_open(b, err);
    if (good && s->serve)
        bench_serve(b);
    if (good && !s->serve) {
        bench_rounds(b);
        const bool scale = s->scale && !s->infer;
        const double between = scale ? bench_between(b) : 0;
        bench_print(b);
        if (scale)
            bench_scale(b, between);
    }
    good = good && (!s->csv || bench_save(b, err));
    preprocess_free(&preprocess);
    return good;
}

int command_bench(const struct program *p, int argc, char **argv)
{
    const struct model *m = p->model;
    struct bench_settings s = { .threads = processors_available(),
                                .batch = m->train.batch < m->batch ? m->train.batch : m->batch,
                                .steps = 10, .warm = 100, .seed = 1, .seconds = 3 };
    struct command_data d = COMMAND_DATA_DEFAULTS;
    const struct option_row rows[] = {
        command_row(COMMAND_THREADS, &s.threads, "how many work"),
        command_row(COMMAND_PIN, &s.pin, NULL),
        { "--batch", OPTION_INTEGER, "M", &s.batch, 1, m->batch, NULL, "images of a step" },
        command_row(COMMAND_DATA, &s.dir, "what to train on, as for `train`"),
        COMMAND_IMAGES(d),
        command_row(COMMAND_PARAMS, &s.params,
                    "start from these parameters; else from the network's first ones"),
        command_row(COMMAND_SEED, &s.seed, NULL),
        { "--warm", OPTION_INTEGER, "K", &s.warm, 0, 1e6, NULL,
          "training steps before those that are measured" },
        { "--steps", OPTION_INTEGER, "K", &s.steps, 1, SERIES_ROOM, NULL,
          "steps measured; every round goes back and does the same ones" },
        { "--seconds", OPTION_REAL, "X", &s.seconds, 0, 3600, NULL,
          "rounds until then; at least one" },
        { "--infer", OPTION_FLAG, NULL, &s.infer, 0, 0, NULL,
          "the regions of evaluation instead of those of training" },
        { "--scale", OPTION_FLAG, NULL, &s.scale, 0, 0, NULL,
          "and what 1 to 64 threads could give at most, by the items that regions are cut into: a "
          "model, not measured" },
        { "--csv", OPTION_TEXT, "FILE", &s.csv, 0, 0, NULL, "the table as a file" },
        { "--save", OPTION_TEXT, "DIR", &s.save, 0, 0, NULL,
          "params.safetensors, x.npy, y.npy of the first step measured" },
        { "--serve", OPTION_FLAG, NULL, &s.serve, 0, 0, NULL,
          "requests from standard input, for bench/bench.py" },
    };
    struct bench b = { .settings = &s };
    struct dataset data;
    char err[ERR_SIZE];
    int status;
    if (!command_options(p, "bench", "Times every region of a training step beside the peak of "
                         "this processor's multiply-adds and the memory bandwidth.", rows,
                         COMMAND_COUNT(rows), argc, argv, &status))
        return status;
    d.dir = s.dir;
    if (!command_open_data(p, &d, &data))
        return STATUS_FAULT;
    bool good = engine_open(&b.engine, m, (int)s.threads, err)
                && command_pin(&b.engine, s.pin, err);
    if (good) {
        good = bench_with_data(&b, &data, err);
        bench_close(&b);
    }
    dataset_close(&data);
    return good ? STATUS_DONE : command_fault(p, "%s", err);
}
