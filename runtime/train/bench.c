/*
** bench.c - rounds of measurements. It must never read a clock inside a region.
*/
#include "train/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "core/cpu.h"
#include "core/workers.h"

enum { BENCH_PASSES = 20 };       /* of one image in a round */

/* The first row of a list's regions. */
static int bench_list(const struct model *m, enum engine_list list)
{
    return list == ENGINE_FORWARD ? 0 : list == ENGINE_BACKWARD ? m->nforward
                                                                : m->nforward + m->nbackward;
}

int bench_infer_rows(const struct bench *b)
{
    return bench_list(b->engine.model, ENGINE_INFER);
}

static void bench_region(void *context, enum engine_list list, int index, double seconds)
{
    struct bench *b = context;
    series_add(&b->row[bench_list(b->engine.model, list) + index].seconds, seconds);
}

static void bench_timing(struct bench *b, bool on)
{
    b->engine.timing = on ? bench_region : NULL;
    b->engine.timing_context = b;
}

void bench_steps(struct bench *b, long count)
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

void bench_inference(struct bench *b, int row, int images, long count, bool regions)
{
    replay_rewind(&b->replay);
    replay_feed(&b->replay);
    for (long k = -BENCH_UNTIMED; k < count; k++) {
        bench_timing(b, regions && k >= 0);
        double start = engine_clock();
        engine_infer(&b->engine, images);
        double seconds = engine_clock() - start;
        if (k >= 0)
            series_add(&b->row[row].seconds, seconds);
    }
    bench_timing(b, false);
}

void bench_roofs(struct bench *b)
{
    int threads = workers_count(b->engine.workers);
    for (int k = 0; k < b->isas; k++) {
        series_add(&b->isa[k].all, roof_peak(&b->roof, b->isa[k].model->peak, threads));
        series_add(&b->isa[k].one, roof_peak(&b->roof, b->isa[k].model->peak, 1));
    }
    series_add(&b->all, roof_bandwidth(&b->roof, threads));
    series_add(&b->one, roof_bandwidth(&b->roof, 1));
}

/* What frozen parameters save is no work of the step. */
static void bench_leave_out(struct bench *b)
{
    struct bench_row *step = &b->row[b->step];
    for (int k = 0; step->seconds.count && k < bench_infer_rows(b); k++)
        if (!b->row[k].seconds.count) {
            step->flop -= b->row[k].flop;
            step->bytes -= b->row[k].bytes;
        }
}

void bench_rounds(struct bench *b)
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
    bench_leave_out(b);
}

double bench_evaluation_loss(struct bench *b, int images)
{
    replay_rewind(&b->replay);
    replay_feed(&b->replay);
    engine_infer(&b->engine, images);
    return engine_loss(&b->engine, b->engine.labels);
}

/* Rows of a list's regions; sum: what they are part of. */
static void bench_name_regions(struct bench *b, const struct region *regions, int count,
                               enum engine_list list, struct bench_row *sum)
{
    double images = (double)b->settings->batch;
    for (int k = 0; k < count; k++) {
        const struct region *r = &regions[k];
        struct bench_row *row = &b->row[bench_list(b->engine.model, list) + k];
        *row = (struct bench_row){ .kind = list == ENGINE_BACKWARD ? "backward" : "forward",
                                   .flop = r->flop*images,
                                   .bytes = r->bytes_fixed + r->bytes_image*images };
        snprintf(row->name, sizeof row->name, "%s", r->name);
        sum->flop += row->flop;
        sum->bytes += row->bytes;
    }
}

static void bench_name_rows(struct bench *b)
{
    const struct model *m = b->engine.model;
    struct bench_row *step = &b->row[b->step], *batch = &b->row[b->batch];
    *step = (struct bench_row){ .name = "whole training step", .kind = "step" };
    *batch = (struct bench_row){ .kind = "inference" };
    snprintf(batch->name, sizeof batch->name, "inference of %ld", b->settings->batch);
    bench_name_regions(b, m->forward, m->nforward, ENGINE_FORWARD, step);
    bench_name_regions(b, m->backward, m->nbackward, ENGINE_BACKWARD, step);
    bench_name_regions(b, m->infer, m->ninfer, ENGINE_INFER, batch);
    struct bench_row *single = &b->row[b->single];
    *single = (struct bench_row){ .name = "inference of 1", .kind = "inference",
                                  .flop = batch->flop/(double)b->settings->batch };
    for (int k = 0; k < m->ninfer; k++)
        single->bytes += m->infer[k].bytes_fixed + m->infer[k].bytes_image;
}

/* The instruction sets of this network in the program; the one at work first. */
static bool bench_open_isas(struct bench *b)
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

bool bench_open(struct bench *b, char *err)
{
    const struct model *m = b->engine.model;
    b->step = bench_list(m, ENGINE_INFER) + m->ninfer;
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

void bench_close(struct bench *b)
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
