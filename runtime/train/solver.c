/*
** solver.c - the training loop. It must never allocate, read or write inside a
** step: what it needs is allocated before the first.
*/
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "train/checkpoint.h"
#include "base/error.h"
#include "data/feed.h"
#include "train/interrupt.h"
#include "core/params.h"
#include "core/update.h"
#include "page/progress.h"
#include "base/random.h"
#include "page/report.h"
#include "settings/settings.h"
#include "train/solver.h"

enum { SOLVER_CHECK = 1000 };     /* training images of one accuracy check */

/* More than anybody waits for, and doubles and longs still hold it with room for products. */
static const double SOLVER_ITERATIONS = sizeof(long) > 4 ? 0x1p52 : 0x1p31 - 1;

/* What a run writes, what matters most first. */
enum solver_file { SOLVER_PARAMS, SOLVER_CHECKPOINT, SOLVER_HISTORY, SOLVER_PAGE, SOLVER_FILES };

struct solver_run {
    struct engine *engine;
    const struct dataset *data;
    const struct preprocess *preprocess;
    const struct solver_options *options;
    struct solver_report *report;
    struct solver_state state;
    struct checkpoint_run kept;   /* the same, as checkpoint.h wants it */
    struct progress progress;
    double accuracy;              /* of the last check; negative: none yet */
    bool checked_now;             /* after the last iteration */
    char trouble[SOLVER_FILES][ERR_SIZE];   /* why a file is not as it should be; "": it is */
    bool warned[SOLVER_FILES];
    const char *then;             /* what a warning says is done about it; NULL: no warning */
    struct report page;
    long per_epoch, total;
    long first;                   /* iterations done when this run began or went on */
    int batch;
    uint32_t *chosen;             /* [batch] */
    struct feed feed;             /* of the images chosen */
    bool fed;                     /* the next iteration's are in the input buffer */
    uint32_t *order;              /* [train.count], when images are shuffled, */
    long order_epoch;             /* in this epoch; -1: not yet */
    uint32_t *checked;            /* [SOLVER_CHECK] */
    double busy;                  /* seconds spent in steps */
    char *err;
};

void solver_defaults(struct solver_options *o, const struct model *model)
{
    *o = (struct solver_options){ .train = model->train, .seed = 1,
                                  .print_every = SOLVER_PRINT_EVERY };
    if (o->train.batch > model->batch)
        o->train.batch = model->batch;
}

long solver_epoch_iterations(const struct solver_options *o, size_t images)
{
    size_t iterations = images/(size_t)o->train.batch;
    return iterations > 1 ? (long)iterations : 1;
}

long solver_iterations(const struct solver_options *o, size_t images)
{
    if (o->train.iterations > 0)
        return o->train.iterations;
    /* 0.1 epochs of 980 iterations are 98, whatever 0.1*980 rounds to. */
    double iterations = floor(o->train.epochs*(double)solver_epoch_iterations(o, images) + 1e-6);
    if (!(iterations < SOLVER_ITERATIONS))
        return 0;
    return iterations > 1 ? (long)iterations : 1;
}

/* The images of iteration `iteration` (from 0). Counter-based: a run that starts
** there draws what one that arrives there draws. */
static void solver_choose(struct solver_run *r, long iteration)
{
    const struct solver_options *o = r->options;
    size_t count = r->data->train.count;
    if (o->train.sample == SAMPLE_REPLACEMENT) {
        for (int i = 0; i < r->batch; i++)
            r->chosen[i] = (uint32_t)random_below(o->seed, RANDOM_SAMPLE, (uint64_t)iteration,
                                                  (uint64_t)i, count);
        return;
    }
    long epoch = iteration/r->per_epoch, place = iteration % r->per_epoch;
    if (epoch != r->order_epoch)
        random_permutation(o->seed, (uint64_t)epoch, r->order, count);
    r->order_epoch = epoch;
    for (int i = 0; i < r->batch; i++)
        r->chosen[i] = r->order[place*r->batch + i];
}

static struct feed_moment solver_moment(const struct solver_run *r, long iteration)
{
    return (struct feed_moment){ r->options->seed, (uint64_t)(iteration/r->per_epoch),
                                 (uint64_t)iteration };
}

/* Accuracies are due behind iteration `iteration`. */
static bool solver_checks(const struct solver_run *r, long iteration)
{
    long done = iteration + 1, every = r->options->train.check_every;
    return iteration == 0 || done == r->total || done % r->per_epoch == 0
           || (every > 0 && done % every == 0);
}

/* A check uses the input buffer; where none comes between, the workers put the next
** iteration's images there while this one's step runs. */
static void solver_feed(struct solver_run *r)
{
    long iteration = r->state.iteration;
    if (r->fed) {
        feed_arrived(&r->feed, r->batch);
    } else {
        solver_choose(r, iteration);
        feed_augmented(r->engine, &r->data->train, r->preprocess, r->chosen, r->batch,
                       &r->options->train.augment, solver_moment(r, iteration));
    }
    r->fed = !solver_checks(r, iteration);
    if (!r->fed)
        return;
    solver_choose(r, iteration + 1);
    r->feed = (struct feed){ .engine = r->engine, .set = &r->data->train,
                             .preprocess = r->preprocess, .index = r->chosen,
                             .augment = &r->options->train.augment,
                             .now = solver_moment(r, iteration + 1) };
    feed_ahead(&r->feed, r->batch);
}

static double solver_step(struct solver_run *r)
{
    double start = engine_clock();
    solver_feed(r);
    rules_apply(&r->state.rules, r->engine, r->options, r->state.iteration, r->per_epoch,
                r->total);
    r->engine->step.seed = r->options->seed;
    r->engine->step.iteration = (uint64_t)r->state.iteration;
    double loss = r->options->train.clip > 0
                  ? update_clipped(r->engine, r->batch, r->engine->labels, r->options->train.clip)
                  : engine_update(r->engine, r->batch, r->engine->labels, MODE_TRAIN);
    average_step(&r->state.average, r->engine, r->state.iteration + 1);
    r->busy += engine_clock() - start;
    return isnan(loss) ? fabs(loss) : loss;   /* a NaN's sign is the processor's choice */
}

static double solver_rate(const struct solver_run *r)
{
    return r->busy > 0 ? (double)(r->state.iteration - r->first)*r->batch/r->busy : 0;
}

/* The course's check_accuracy: at most SOLVER_CHECK images, drawn with replacement. */
static struct feed_result solver_check_train(struct solver_run *r, const struct feed_watch *watch)
{
    const struct images *train = &r->data->train;
    if (train->count <= SOLVER_CHECK)
        return feed_watched(r->engine, train, r->preprocess, NULL, train->count, watch);
    for (uint64_t i = 0; i < SOLVER_CHECK; i++)
        r->checked[i] = (uint32_t)random_below(r->options->seed, RANDOM_CHECK,
                                               (uint64_t)r->state.iteration, i, train->count);
    return feed_watched(r->engine, train, r->preprocess, r->checked, SOLVER_CHECK, watch);
}

/* ---- files ---- */

/* Hours of training are worth more than a file of theirs: who cannot be written is said once. */
static void solver_wrote(struct solver_run *r, enum solver_file file, bool good, const char *err)
{
    snprintf(r->trouble[file], ERR_SIZE, "%s", good ? "" : err);
    if (good || !r->then || r->warned[file])
        return;
    r->warned[file] = true;
    progress_warn(&r->progress, "%s%s", err, r->then);
}

static void solver_save(struct solver_run *r)
{
    const struct param_file f = { .model = r->engine->model, .values = r->state.best,
                                  .preprocess = r->preprocess, .data = r->data };
    char err[ERR_SIZE];
    if (!r->options->params)
        return;
    r->report->saved = param_file_write(r->options->params, &f, err);
    solver_wrote(r, SOLVER_PARAMS, r->report->saved, err);
}

static void solver_save_history(struct solver_run *r, bool over)
{
    const char *file = r->options->history;
    char err[ERR_SIZE];
    if (file)
        solver_wrote(r, SOLVER_HISTORY, history_save(&r->state.history, file, over, err), err);
}

/* Of the averages, where there are any. trouble: why training failed, or NULL. */
static void solver_report(struct solver_run *r, bool over, const char *trouble)
{
    const struct report_moment now = { r->state.iteration, over, trouble, r->state.best_val_acc };
    char err[ERR_SIZE];
    if (!r->options->report && !r->options->plot)
        return;
    average_swap(&r->state.average, r->engine);
    solver_wrote(r, SOLVER_PAGE, report_write(&r->page, &r->state.history, &now, err), err);
    average_swap(&r->state.average, r->engine);
}

static double solver_epochs(const struct solver_run *r)
{
    return r->options->train.iterations > 0 ? (double)r->total/(double)r->per_epoch
                                      : r->options->train.epochs;
}

static void solver_say_accuracy(struct solver_run *r, double train, double val)
{
    double epochs = solver_epochs(r);
    if (val >= 0)
        progress_line(&r->progress, "(Epoch %ld / %g) train acc: %f; val_acc: %f",
                      r->state.epoch, epochs, train, val);
    else
        progress_line(&r->progress, "(Epoch %ld / %g) train acc: %f", r->state.epoch, epochs,
                      train);
}

static bool solver_stopped(struct solver_run *r, const char *what)
{
    char kept[ERR_SIZE/4] = "";
    r->report->diverged = true;
    const char *file = r->report->saved ? r->options->params : NULL;
    char image[64], advice[128];
    if (r->report->kept > 0)
        snprintf(kept, sizeof kept, "; the checkpoint of iteration %ld is in %.64s",
                 r->report->kept, r->options->checkpoint);
    if (dataset_not_finite(r->data, image, sizeof image))
        snprintf(advice, sizeof advice, "The data is at fault: %s (from 0) holds a nan or an "
                 "infinity", image);
    else
        snprintf(advice, sizeof advice, "A lower --lr or another --init may help");
    return error_set(r->err, "%s at iteration %ld; training stopped%s%s%s. %s", what,
                     r->state.iteration, file ? "; the best parameters before it are in " : "",
                     file ? file : "", kept, advice);
}

static void solver_patience(struct solver_run *r)
{
    long patience = r->options->train.patience;
    r->report->stopped = patience > 0 && r->state.checks_since >= patience;
}

/* Accuracies, the best parameters. Without a validation set every check counts as the best. */
static bool solver_check_now(struct solver_run *r)
{
    const struct feed_watch *watch = report_watch(&r->page);    /* of what validates */
    struct feed_result train = solver_check_train(r, r->data->val.count ? NULL : watch);
    struct feed_result val = feed_watched(r->engine, &r->data->val, r->preprocess, NULL,
                                          r->data->val.count, watch);
    double train_acc = feed_accuracy(&train);
    double val_acc = val.count > 0 ? feed_accuracy(&val) : -1;
    if (!r->options->quiet)
        solver_say_accuracy(r, train_acc, val_acc);
    r->accuracy = val_acc >= 0 ? val_acc : train_acc;
    history_check(&r->state.history, train_acc, val_acc);
    if (!train.finite || !val.finite)
        return solver_stopped(r, "the network's scores are no longer finite");
    r->state.checks_since++;
    if (val.count == 0 || val_acc > r->state.best_val_acc) {
        r->report->best_val_acc = r->state.best_val_acc = val_acc;
        r->state.checks_since = 0;
        if (r->state.best)
            params_get_all(r->engine, r->state.best);
        solver_save(r);
    } else if (*r->trouble[SOLVER_PARAMS]) {
        solver_save(r);
    }
    solver_patience(r);
    return true;
}

/* Of the averages, where there are any. */
static bool solver_check(struct solver_run *r)
{
    average_swap(&r->state.average, r->engine);
    bool good = solver_check_now(r);
    average_swap(&r->state.average, r->engine);
    return good;
}

/* The run's own rate, which groups may not share. */
static double solver_lr(const struct solver_run *r, long iteration)
{
    return r->state.lr*schedule_factor(r->options->train.schedule, r->options, iteration,
                                       r->per_epoch, r->total);
}

static void solver_progress(struct solver_run *r, double loss)
{
    const struct progress_now now = {
        .done = r->state.iteration, .epoch = (double)r->state.iteration/(double)r->per_epoch,
        .epochs = solver_epochs(r), .loss = loss,
        .set = r->accuracy < 0 ? NULL : r->data->val.count > 0 ? "val" : "train",
        .accuracy = r->accuracy, .images_per_second = solver_rate(r)
    };
    progress_update(&r->progress, &now);
}

static bool solver_iteration(struct solver_run *r)
{
    const struct solver_options *o = r->options;
    long iteration = r->state.iteration;
    report_before(&r->page, iteration);
    double loss = solver_step(r), lr = solver_lr(r, iteration);
    report_after(&r->page, iteration, r->busy);
    r->report->iterations = ++r->state.iteration;
    r->report->loss = loss;
    if (!o->quiet && iteration % o->print_every == 0)
        progress_line(&r->progress, "(Iteration %ld / %ld) loss: %f", iteration + 1, r->total,
                      loss);
    bool epoch_end = r->state.iteration % r->per_epoch == 0;
    if (epoch_end) {
        r->state.epoch++;
        rules_epoch(&r->state.rules);
        r->state.lr *= o->train.lr_decay;
    }
    if (!history_add(&r->state.history, r->state.epoch, loss, lr))
        return error_set(r->err, "neither memory nor a file for the history of %ld iterations",
                         r->state.iteration);
    if (!isfinite(loss))
        return solver_stopped(r, isnan(loss) ? "the loss is nan" : "the loss is infinite");
    if (!o->quiet)
        solver_progress(r, loss);
    r->checked_now = solver_checks(r, iteration);
    return !r->checked_now || solver_check(r);
}

/* ---- stopping and going on ---- */

static bool solver_finite(const struct engine *e)
{
    for (int k = 0; k < e->model->nparams; k++) {
        const struct param *p = &e->model->params[k];
        for (size_t i = 0; i < p->stored; i++)
            if (!isfinite(e->arena[p->at + i]))
                return false;
    }
    return true;
}

/* The last step may have spoilt the parameters, which only the next loss shows: what cannot be
** gone on from must not take the place of what can. */
static void solver_keep(struct solver_run *r)
{
    const long iteration = r->state.iteration;
    char err[ERR_SIZE];
    if (r->report->kept == iteration || !solver_finite(r->engine))
        return;
    bool good = checkpoint_save(r->options->checkpoint, &r->kept, err);
    if (good)
        r->report->kept = iteration;
    solver_wrote(r, SOLVER_CHECKPOINT, good, err);
}

static bool solver_over(const struct solver_run *r)
{
    return r->state.iteration == r->total || r->report->stopped;
}

/* What is due behind an iteration: what can be gone on from before what can be looked at. */
static void solver_write(struct solver_run *r)
{
    const long every = r->options->checkpoint_every;
    if (every > 0 && (r->state.iteration % every == 0 || solver_over(r)))
        solver_keep(r);
    if (r->checked_now) {
        solver_save_history(r, false);
        if (!solver_over(r))
            solver_report(r, false, NULL);
    }
}

static bool solver_kept_text(const struct solver_run *r, char *out, size_t size)
{
    if (r->report->kept > 0)
        snprintf(out, size, "the checkpoint of iteration %ld is in %.64s", r->report->kept,
                 r->options->checkpoint);
    else
        snprintf(out, size, "there is nothing to go on from");
    return r->report->kept > 0;
}

/* Behind the last iteration of this process. A signal that comes too late changes nothing. */
static bool solver_keep_interrupted(struct solver_run *r)
{
    int number = r->options->checkpoint ? interrupt_seen() : 0;
    char kept[ERR_SIZE/4];
    if (solver_over(r) || !number)
        return true;
    r->report->interrupted = number;
    solver_keep(r);
    if (r->report->kept == r->state.iteration)
        return true;
    if (!*r->trouble[SOLVER_CHECKPOINT])
        return solver_stopped(r, "some parameters are no longer finite");
    solver_kept_text(r, kept, sizeof kept);
    return error_set(r->err, "%s; stopped by %s at iteration %ld; %s",
                     r->trouble[SOLVER_CHECKPOINT], interrupt_name(number), r->state.iteration,
                     kept);
}

/* The last try of everything. Parameters that cannot be written are in a checkpoint, too, and
** perhaps that can be. False: err says what is not there. */
static bool solver_finish(struct solver_run *r)
{
    char rescued[ERR_SIZE/2] = "";
    if (*r->trouble[SOLVER_PARAMS])
        solver_save(r);
    if (*r->trouble[SOLVER_PARAMS] && r->options->checkpoint) {
        solver_keep(r);
        if (r->report->kept == r->state.iteration)
            snprintf(rescued, sizeof rescued, "; the best parameters are in the checkpoint, %.128s",
                     r->options->checkpoint);
    }
    solver_save_history(r, true);
    solver_report(r, true, NULL);
    for (int k = 0; k < SOLVER_FILES; k++)
        if (*r->trouble[k] && (k != SOLVER_CHECKPOINT || r->options->checkpoint_every > 0))
            return error_set(r->err, "%.*s%s", ERR_SIZE - 1 - (int)strlen(rescued), r->trouble[k],
                             k == SOLVER_PARAMS ? rescued : "");
    return true;
}

/* A run made longer or shorter: where its schedule depends on the length, it takes another
** course from here on. */
static void solver_say_length(struct solver_run *r)
{
    const struct solver_options *o = r->options;
    const long at = r->state.iteration, before = r->state.planned;
    r->state.planned = r->total;
    if (before == r->total || o->quiet)
        return;
    for (int k = 0; k < r->state.rules.count; k++) {
        const struct param_rule *p = &r->state.rules.param[k];
        double was = schedule_factor(p->schedule, o, at, r->per_epoch, before);
        double is = schedule_factor(p->schedule, o, at, r->per_epoch, r->total);
        if (was == is || at >= r->total)
            continue;
        progress_line(&r->progress, "the %s schedule now spans %ld iterations, not %ld: the next "
                      "rate is %.4g, not %.4g", schedule_words[p->schedule], r->total, before,
                      p->lr*is, at < before ? p->lr*was : 0);
        return;
    }
}

/* The state as it was when the checkpoint was written, and the files as they were then or, where
** the run went further before it was killed, will be again. */
static bool solver_resume(struct solver_run *r)
{
    struct checkpoint *from = r->options->from;
    if (!checkpoint_restore(from, &r->kept, r->total, r->err))
        return false;
    checkpoint_forget(from);
    const long done = r->state.iteration;
    const struct history_row *row = history_rows(&r->state.history);
    if (!row)
        return error_set(r->err, "%s: no file for its history", from->path);
    r->first = done;
    r->report->iterations = done;
    r->report->loss = row[done - 1].loss;
    r->report->best_val_acc = r->state.best_val_acc;
    for (long k = done - 1; r->accuracy < 0 && k >= 0; k--)
        r->accuracy = row[k].val_acc >= 0 ? row[k].val_acc : row[k].train_acc;
    solver_patience(r);
    progress_open(&r->progress, r->first, r->total);
    if (!r->options->quiet)
        progress_line(&r->progress, "going on behind iteration %ld of %ld (%s)", done, r->total,
                      from->path);
    solver_say_length(r);
    /* Nothing is lost yet: here a file that cannot be written is a fault. */
    solver_save(r);
    solver_save_history(r, false);
    for (int k = 0; k < SOLVER_FILES; k++)
        if (*r->trouble[k])
            return error_set(r->err, "%s", r->trouble[k]);
    return true;
}

static bool solver_open_best(struct solver_run *r)
{
    const struct solver_options *o = r->options;
    r->kept = (struct checkpoint_run){ .engine = r->engine, .data = r->data,
                                       .preprocess = r->preprocess, .state = &r->state,
                                       .options = o->settings };
    if (!o->params && !o->checkpoint && !o->from)
        return true;
    r->state.best = malloc((params_total(r->engine->model) + 1)*sizeof(real));
    return r->state.best || error_set(r->err, "not enough memory for the best parameters");
}

static bool solver_open(struct solver_run *r)
{
    const struct solver_options *o = r->options;
    size_t count = r->data->train.count;
    if (count == 0 || count > UINT32_MAX)
        return error_set(r->err, "%zu training images: expected 1 to 2^32 - 1", count);
    if (r->data->train.labels == NULL)
        return error_set(r->err, "the training images have no labels");
    r->batch = o->train.batch;
    const bool shuffled = o->train.sample == SAMPLE_SHUFFLE;
    if (shuffled && (size_t)r->batch > count)
        r->batch = (int)count;
    const size_t batch = (size_t)o->train.batch, least = batch < count ? batch : count;
    if (!engine_batch_suffices(r->engine->model, least, "2 training images and --batch 2 are the "
                               "least", r->err))
        return false;
    r->per_epoch = solver_epoch_iterations(o, count);
    r->total = solver_iterations(o, count);
    if (!r->total)
        return error_set(r->err, "%g epochs of %ld iterations each are more than %.0f iterations, "
                         "which are the most", o->train.epochs, r->per_epoch, SOLVER_ITERATIONS);
    r->chosen = calloc((size_t)r->batch, sizeof *r->chosen);
    r->checked = calloc(SOLVER_CHECK, sizeof *r->checked);
    r->order = shuffled ? calloc(count, sizeof *r->order) : NULL;
    if (!r->chosen || !r->checked || (shuffled && !r->order))
        return error_set(r->err, "not enough memory for %zu training images", count);
    r->state.lr = o->train.rate[RATE_LR];
    r->state.planned = r->report->planned = r->total;
    r->state.best_val_acc = r->accuracy = -1;
    r->order_epoch = -1;
    return rules_open(&r->state.rules, r->engine, o, r->err)
           && (o->train.clip <= 0 || update_make_gradients(r->engine, r->err))
           && average_open(&r->state.average, r->engine, o->train.average, o->train.average_rate,
                           o->train.average_every, r->err)
           && history_open(&r->state.history, o->checkpoint ? o->checkpoint : o->history, r->err)
           && solver_open_best(r) && (!o->from || solver_resume(r))
           && report_open(&r->page, r->engine, r->data, o, r->total, r->per_epoch, r->batch,
                          r->err);
}

static void solver_close(struct solver_run *r)
{
    history_close(&r->state.history);
    report_close(&r->page);
    rules_close(&r->state.rules);
    average_close(&r->state.average);
    free(r->state.best);
    free(r->chosen);
    free(r->checked);
    free(r->order);
}

bool solver_train(struct engine *e, const struct dataset *data, const struct preprocess *p,
                  const struct solver_options *o, struct solver_report *report, char *err)
{
    struct solver_run r = { .engine = e, .data = data, .preprocess = p, .options = o,
                            .report = report, .err = err };
    *report = (struct solver_report){ .best_val_acc = -1 };
    if (o->checkpoint)
        interrupt_open();
    const bool opened = solver_open(&r);
    bool good = opened;
    r.page.since = r.first;
    r.then = "; training goes on and tries again";
    progress_open(&r.progress, r.first, r.total);
    while (good && r.state.iteration < r.total && !report->stopped
           && !(o->checkpoint && interrupt_seen())) {
        good = solver_iteration(&r);
        if (good)
            solver_write(&r);
    }
    if (!o->quiet)
        progress_close(&r.progress);
    r.then = NULL;          /* from here on what is wrong is returned */
    good = good && solver_keep_interrupted(&r);
    report->complete = good && !report->interrupted;
    report->images_per_second = solver_rate(&r);
    if (report->complete) {
        good = solver_finish(&r);
    } else if (opened && r.state.iteration > 0) {
        /* What was measured before a failure is worth having; its message comes after. */
        r.then = "";
        solver_save_history(&r, true);
        solver_report(&r, true, good ? NULL : err);
    }
    if (o->checkpoint)
        interrupt_close();
    solver_close(&r);
    return good;
}
