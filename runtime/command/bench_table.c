/*
** bench_table.c - what bench measured, as a table of 80 columns and as CSV. Medians and their
** spread, never means.
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/stream.h"
#include "command/command.h"
#include "file/file.h"
#include "train/bench.h"

static void bench_isa_lines(struct bench *b, int threads)
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

static void bench_say_what(const struct bench *b)
{
    const struct bench_settings *s = b->settings;
    const struct model *m = b->engine.model;
    printf("%s, %s, %s, %ld images a step, ", m->name, m->isa,
           sizeof(real) == 4 ? "f32" : "f64", s->batch);
    command_say_threads(&b->engine);
    printf("\ndata: %s\n", b->replay.data->source);
    printf("steps %ld to %ld of training with seed %ld%s%s, again and again\n\n",
           b->replay.start + BENCH_UNTIMED + 1, b->replay.start + BENCH_UNTIMED + s->steps,
           s->seed, s->params ? ", from " : "", s->params ? s->params : "");
}

void bench_print(struct bench *b)
{
    int threads = workers_count(b->engine.workers);
    bench_say_what(b);
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

static void bench_save_row(const struct bench *b, FILE *out, struct bench_row *r,
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

static void bench_save_rows(struct bench *b, FILE *out)
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

bool bench_save(struct bench *b, char *err)
{
    const char *path = b->settings->csv;
    char *text = NULL;
    size_t size = 0;
    FILE *out = stream_memory(&text, &size);
    if (!out)
        return error_set(err, "not enough memory for %s", path);
    bench_save_rows(b, out);
    const bool good = stream_close(out) ? file_write(path, text, size, err)
                : error_set(err, "not enough memory for %s", path);
    free(text);
    return good;
}
