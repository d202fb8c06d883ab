/*
** cmd_sweep.c - `sweep`: short training runs in search of a learning rate and a strength of
** regularisation. Its record lets it go on where it was stopped. With --list it trains nothing:
** it writes the runs for others, as far as it can tell by the results of those before.
*/
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/stream.h"
#include "base/visible.h"
#include "command/command.h"
#include "command/train_result.h"
#include "core/objective.h"
#include "core/params.h"
#include "data/whiten.h"
#include "file/file.h"
#include "file/output.h"
#include "file/run_line.h"
#include "file/run_result.h"
#include "settings/option_text.h"
#include "settings/settings.h"
#include "train/notice.h"
#include "train/search.h"
#include "train/solver.h"

enum { SWEEP_ROWS = 24 };

struct sweep_settings {
    struct command_data data;
    struct solver_options solver;
    struct search search;
    const char *out, *list;
    struct option_row rows[SWEEP_ROWS]; int nrows;
    bool recorded;              /* all runs are in it */
    long seed, threads;
};

static void sweep_defaults(struct sweep_settings *s, const struct model *m)
{
    double lr = m->train.rate[RATE_LR];
    *s = (struct sweep_settings){ .data = COMMAND_DATA_DEFAULTS, .seed = 1,
                                  .search.less = !has_labels(m),
                                  .threads = processors_available() };
    solver_defaults(&s->solver, m);
    s->solver.quiet = true;
    s->data.crop = s->solver.train.augment.crop == CROP_RANDOM;
    s->search.runs = 12;
    s->search.low[SEARCH_LR] = lr / 30;
    s->search.high[SEARCH_LR] = lr*30;
    s->search.low[SEARCH_REG] = 1e-5;
    s->search.high[SEARCH_REG] = 1e-1;
}

static bool sweep_options(const struct program *p, struct sweep_settings *s, int argc,
                          char **argv, int *status)
{
    const double much = 1e9, huge = bounds[BOUND_LR].most;
    struct train *t = &s->solver.train;
    struct option_row batch = settings_option("--batch", t, NULL);
    batch.most = p->model->batch;
    const struct option_row rows[] = {
        command_row(COMMAND_DATA, &s->data.dir, NULL),
        COMMAND_IMAGES(s->data),
        { "--runs", OPTION_INTEGER, "N", &s->search.runs, 1, 100000, NULL,
          "half of them in the whole ranges, the others around the best" },
        { "--lr-min", OPTION_REAL, "X", &s->search.low[SEARCH_LR], 1e-30, huge, NULL,
          "the least learning rate" },
        { "--lr-max", OPTION_REAL, "X", &s->search.high[SEARCH_LR], 1e-30, huge, NULL,
          "the greatest; the same: it is fixed" },
        { "--reg-min", OPTION_REAL, "X", &s->search.low[SEARCH_REG], 1e-30, huge, NULL,
          "the least L2 strength" },
        { "--reg-max", OPTION_REAL, "X", &s->search.high[SEARCH_REG], 1e-30, huge, NULL,
          "the greatest" },
        settings_option("--epochs", t, "of each run; fractions too"),
        settings_option("--iterations", t, "of each run, instead of epochs"),
        batch,
        settings_option("--class-weights", t, NULL),
        command_row(COMMAND_TRAIN_SAMPLES, &s->data.train_samples, NULL),
        { "--val-samples", OPTION_INTEGER, "N", &s->data.val_samples, 1, much, NULL,
          "the last N training images validate: 1000 unless said, of 1000 or fewer a tenth" },
        command_row(COMMAND_VAL_SHUFFLE, &s->data.val_shuffle, NULL),
        command_row(COMMAND_SEED, &s->seed, "of the settings tried and of every run"),
        command_row(COMMAND_THREADS, &s->threads, NULL),
        { "--record", OPTION_TEXT, "FILE.csv", &s->out, 0, 0, NULL,
          "where every run is written, and from which the search goes on" },
        { "--list", OPTION_TEXT, "FILE", &s->list, 0, 0, NULL,
          "trains nothing: writes the runs as commands, one a line, for GNU parallel, SLURM or a "
          "loop; again, once they are done, with those around the best" },
    };
    _Static_assert(COMMAND_COUNT(rows) <= SWEEP_ROWS, "room for every option");
    s->nrows = COMMAND_COUNT(rows);
    memcpy(s->rows, rows, sizeof rows);
    return command_options(p, "sweep", "Searches for a learning rate and an L2 strength by short "
                           "runs: log-uniform at first, then around the best.", s->rows, s->nrows,
                           argc, argv, status);
}

static bool sweep_settle(const struct program *p, struct sweep_settings *s, int *status)
{
    static const char *const names[SEARCH_AXES] = { "lr", "reg" };
    struct search *h = &s->search;
    for (int a = 0; a < SEARCH_AXES; a++)
        if (h->low[a] > h->high[a]) {
            *status = command_usage(p, "sweep: --%s-min %g is greater than --%s-max %g", names[a],
                                    h->low[a], names[a], h->high[a]);
            return false;
        }
    if (!command_batch(p, "sweep", s->solver.train.batch, status)
        || !command_class_weights(p, "sweep", &s->solver.train, status))
        return false;
    if (s->list && s->out) {
        *status = command_usage(p, "sweep: --list goes without --record: the results of its lines "
                                "are its record");
        return false;
    }
    s->solver.seed = h->seed = (uint64_t)s->seed;
    return true;
}

/* One run; a loss that is no longer finite is a result, too. */
static bool sweep_run(struct sweep_settings *s, struct engine *e, const struct dataset *data,
                      const struct preprocess *pre, struct search_run *run, char *err)
{
    struct solver_report report;
    s->solver.train.rate[RATE_LR] = run->value[SEARCH_LR];
    s->solver.train.reg = run->value[SEARCH_REG];
    params_init(e, s->solver.seed, -1);
    if (!whiten(e, &data->fit, pre, err))
        return false;
    bool good = solver_train(e, data, pre, &s->solver, &report, err);
    if (!good && !report.diverged)
        return false;
    run->val_check = report.best_check >= 0 ? report.best_check : s->search.less ? INFINITY : 0;
    run->loss = good ? report.loss : NAN;
    return true;
}

static void sweep_say(const struct search *h, long k)
{
    const struct search_run *r = &h->done[k];
    printf("%4ld%13.4g%13.4g%10.4f", k + 1, r->value[SEARCH_LR], r->value[SEARCH_REG],
           r->val_check);
    if (isfinite(r->loss))
        printf("%12.4f", r->loss);
    else
        printf("%12s", "diverged");
    puts(k == search_best(h) && k + 1 == h->ndone ? "  best so far" : "");
    stream_flush();
}

static bool sweep_all(struct sweep_settings *s, struct engine *e, const struct dataset *data,
                      const struct preprocess *pre, char *err)
{
    struct search *h = &s->search;
    bool kept = true, warned = false;
    visible_print(stdout, "data: %s\n", data->source);
    notice_images(data, &s->solver);
    printf("%4s%13s%13s%10s%12s\n", "run", "lr", "reg", h->less ? "val_loss" : "val_acc", "loss");
    for (long k = 0; k < h->ndone; k++)
        sweep_say(h, k);
    while (h->ndone < h->runs) {
        struct search_run run = { .loss = NAN };
        search_next(h, run.value);
        if (!sweep_run(s, e, data, pre, &run, err))
            return false;
        kept = search_add(h, s->out, run, err);
        sweep_say(h, h->ndone - 1);
        if (!kept && !warned)
            visible_print(stderr, "warning: %s; the search goes on and tries again\n", err);
        warned |= !kept;
    }
    s->recorded = kept;
    return true;
}

/* What --class-weights says; NULL: the network file's hold. */
static const char *sweep_weights(const struct program *p, const struct sweep_settings *s)
{
    const char *weights = s->solver.train.class_weights;
    return weights == p->model->train.class_weights ? NULL : weights;
}

static void sweep_result(const struct program *p, const struct sweep_settings *s)
{
    const struct search_run *r = &s->search.done[search_best(&s->search)];
    visible_print(stdout, "best val_%s: %f\n\n  ./%s train --lr %.4g --reg %.4g",
                  check_word(p->model), r->val_check, p->name, r->value[SEARCH_LR],
                  r->value[SEARCH_REG]);
    if (s->solver.train.batch != p->model->train.batch)
        printf(" --batch %d", s->solver.train.batch);
    if (sweep_weights(p, s))
        visible_print(stdout, " --class-weights %s", sweep_weights(p, s));
    if (s->data.val_shuffle)
        printf(" --val-shuffle");
    puts("");
}

/* ---- as a list ---- */

struct sweep_list {
    struct run_line line;
    const char **word; int words;   /* of every line, then with room for those of one */
    FILE *out;
    bool waits;                     /* for results: the rest cannot be told yet */
};

/* The options of all lines, as `train` has them. */
static bool sweep_list_words(struct sweep_settings *s, struct sweep_list *l, char *text)
{
    enum { MORE = 11 };         /* here, and in sweep_list_run */
    const char *data = getenv("LATHE_DATA");
    int count;
    char **given = option_text_words(text, &count);
    l->word = given ? calloc((size_t)count + MORE, sizeof *l->word) : NULL;
    if (l->word) {
        l->word[l->words++] = "--quiet";
        if (data && *data && !s->data.dir) {
            l->word[l->words++] = "--data";
            l->word[l->words++] = data;
        }
        for (int k = 0; k < count; k++)
            l->word[l->words++] = given[k];
    }
    free(given);
    return l->word;
}

/* Writes run k, with the numbers that the line says. */
static bool sweep_list_run(struct sweep_settings *s, struct sweep_list *l, const char *threads,
                           char **result, char *err)
{
    char lr[24], reg[24], seed[24], tags[96];
    struct search *h = &s->search;
    struct search_run *run = &h->done[h->ndone];
    *run = (struct search_run){ .val_check = h->less ? INFINITY : 0, .loss = NAN };
    search_next(h, run->value);
    snprintf(lr, sizeof lr, "%.4g", run->value[SEARCH_LR]);
    snprintf(reg, sizeof reg, "%.4g", run->value[SEARCH_REG]);
    snprintf(seed, sizeof seed, "%ld", s->seed);
    snprintf(tags, sizeof tags, "lr=%s,reg=%s,seed=%s", lr, reg, seed);
    run->value[SEARCH_LR] = strtod(lr, NULL);
    run->value[SEARCH_REG] = strtod(reg, NULL);
    h->ndone++;
    const char *own[] = { "--lr", lr, "--reg", reg, "--seed", seed, "--threads", threads };
    memcpy(l->word + l->words, own, sizeof own);
    l->line.word = l->word;
    l->line.count = l->words + COMMAND_COUNT(own) - (threads ? 0 : 2);
    l->line.tags = tags;
    *result = run_line_result(&l->line);
    return *result ? run_line_put(l->out, &l->line, err) : error_set(err, "not enough memory");
}

/* What the runs reached whose results are at `result`; a run without one is waited for. */
static bool sweep_list_results(struct search *h, struct sweep_list *l, char **result, char *err)
{
    for (long k = 0; k < h->ndone; k++) {
        struct run_result r;
        bool missing;
        if (!run_result_read(&r, result[k], &missing, err)) {
            l->waits = missing;
            return missing;
        }
        if (isfinite(r.best))
            h->done[k].val_check = r.best;
        run_result_close(&r);
    }
    return true;
}

/* Level after level, the next one by the results of those before. */
static bool sweep_list_levels(struct sweep_settings *s, struct sweep_list *l,
                              const char *threads, char *err)
{
    struct search *h = &s->search;
    char **result = calloc((size_t)h->runs, sizeof *result);
    bool good = result || error_set(err, "not enough memory for %ld runs", h->runs);
    while (good && h->ndone < h->runs && !l->waits) {
        const int level = search_level(h, h->ndone);
        while (good && h->ndone < h->runs && search_level(h, h->ndone) == level)
            good = sweep_list_run(s, l, threads, &result[h->ndone], err);
        good = good && sweep_list_results(h, l, result, err);
    }
    for (long k = 0; result && k < h->runs; k++)
        free(result[k]);
    free(result);
    return good;
}

static bool sweep_list_write(const struct program *p, struct sweep_settings *s,
                             const char *threads, char *err)
{
    static const char *const own[] = { "--runs", "--lr-min", "--lr-max", "--reg-min", "--reg-max",
                                       "--seed", "--threads", "--record", "--list", NULL };
    char what[24];
    struct sweep_list l = { .line = { .program = p->called, .what = what } };
    snprintf(what, sizeof what, "%016" PRIx64, train_result_layers(p->model));
    char *text = NULL, *words = option_text_write(s->rows, s->nrows, own);
    char *here = run_line_here(err), *results = here ? run_line_folder(s->list, err) : NULL;
    size_t size = 0;
    l.line.folder = here;
    l.line.results = results;
    l.out = stream_memory(&text, &size);
    bool good = results && ((words && l.out && sweep_list_words(s, &l, words))
                            || error_set(err, "not enough memory"));
    good = good && sweep_list_levels(s, &l, threads, err);
    if (l.out && !stream_close(l.out))
        good = error_set(err, "not enough memory");
    good = good && file_write(s->list, text, size, err);
    if (good)
        visible_print(stdout, "%s: %ld of %ld runs%s\n", s->list, s->search.ndone, s->search.runs,
                      !l.waits ? "" : s->search.ndone < s->search.runs
                      ? "; again once they are done, for those around the best"
                      : "; again once they are done, for the best");
    if (good && !l.waits)
        sweep_result(p, s);
    free(text);
    free(words);
    free(l.word);
    free(here);
    free(results);
    return good;
}

static int sweep_list(const struct program *p, struct sweep_settings *s, int argc, char **argv)
{
    const struct output list = { s->list, OUTPUT_LIST, "--list", false };
    const char *threads = options_peek("--threads", argc, argv);
    char err[ERR_SIZE];
    /* Options are kept as lines, which would pass over a name of two. */
    bool good = (!s->data.dir || run_line_says(s->data.dir, err))
                && output_claim(&list, err) && search_open(&s->search, NULL, err)
                && sweep_list_write(p, s, threads, err);
    search_close(&s->search);
    return good ? STATUS_DONE : command_fault(p, "%s", err);
}

static int sweep_with_data(const struct program *p, struct sweep_settings *s,
                           const struct dataset *data)
{
    struct engine e;
    struct preprocess pre;
    struct search *h = &s->search;
    char err[ERR_SIZE], weighed[40] = "";
    if (data->val.count == 0)
        return command_fault(p, "sweep: the data has no images to validate with");
    const char *weights = sweep_weights(p, s);
    if (weights)                        /* as long as they like */
        snprintf(weighed, sizeof weighed, " weights=%016llx",
                 (unsigned long long)hash_bytes(HASH_START, weights, strlen(weights)));
    snprintf(h->settings, sizeof h->settings, "%s seed=%ld batch=%d iterations=%ld images=%zu "
             "lr=%g..%g reg=%g..%g runs=%ld%s%s", p->model->name, s->seed, s->solver.train.batch,
             solver_iterations(&s->solver, data->train.count), data->train.count,
             h->low[SEARCH_LR], h->high[SEARCH_LR], h->low[SEARCH_REG], h->high[SEARCH_REG],
             h->runs, s->data.val_shuffle ? " validation=drawn" : "", weighed);
    if (!preprocess_fit(&pre, p->model->train.preprocess, &data->fit, err))
        return command_fault(p, "%s", err);
    if (!engine_open(&e, p->model, (int)s->threads, err)) {
        preprocess_free(&pre);
        return command_fault(p, "%s", err);
    }
    const struct output record = { s->out, OUTPUT_SEARCH, "--record", true };
    bool good = (!s->out || output_claim(&record, err)) && search_open(h, s->out, err)
                && sweep_all(s, &e, data, &pre, err);
    if (good)
        sweep_result(p, s);
    good = good && s->recorded;
    search_close(h);
    engine_close(&e);
    preprocess_free(&pre);
    return good ? STATUS_DONE : command_fault(p, "%s", err);
}

int command_sweep(const struct program *p, int argc, char **argv)
{
    struct sweep_settings s;
    struct dataset data;
    int status;
    sweep_defaults(&s, p->model);
    if (!sweep_options(p, &s, argc, argv, &status) || !sweep_settle(p, &s, &status))
        return status;
    if (s.list)
        return sweep_list(p, &s, argc, argv);
    if (!command_open_data(p, &s.data, &data))
        return STATUS_FAULT;
    status = sweep_with_data(p, &s, &data);
    dataset_close(&data);
    return status;
}
