/*
** solver.c - the training loop. It must never allocate, read or write inside a
** step: what it needs is allocated before the first.
*/
#include "train/solver.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/random.h"
#include "core/objective.h"
#include "core/params.h"
#include "core/update.h"
#include "data/feed.h"
#include "train/weigh.h"

enum { SOLVER_CHECK = 1000 };     /* training images of one accuracy check */

/* More than anybody waits for, and doubles and longs still hold it with room for products. */
static const double SOLVER_ITERATIONS = sizeof(long) > 4 ? 0x1p52 : 0x1p31 - 1;

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
static void solver_choose(struct solver *s, long iteration)
{
    const struct solver_options *o = s->options;
    size_t count = s->data->train.count;
    if (o->train.sample == SAMPLE_REPLACEMENT) {
        for (int i = 0; i < s->batch; i++)
            s->chosen[i] = (uint32_t)random_below(o->seed, RANDOM_SAMPLE, (uint64_t)iteration,
                                                  (uint64_t)i, count);
        return;
    }
    long epoch = iteration/s->per_epoch, place = iteration % s->per_epoch;
    if (epoch != s->order_epoch)
        random_permutation(o->seed, (uint64_t)epoch, s->order, count);
    s->order_epoch = epoch;
    for (int i = 0; i < s->batch; i++)
        s->chosen[i] = s->order[place*s->batch + i];
}

static struct feed_moment solver_moment(const struct solver *s, long iteration)
{
    return (struct feed_moment){ s->options->seed, (uint64_t)(iteration/s->per_epoch),
                                 (uint64_t)iteration };
}

/* Accuracies are due after iteration `iteration`. */
static bool solver_checks(const struct solver *s, long iteration)
{
    long done = iteration + 1, every = s->options->train.check_every;
    if (s->options->check_end)
        return done == s->total;
    return iteration == 0 || done == s->total || done % s->per_epoch == 0
           || (every > 0 && done % every == 0);
}

/* A check uses the input buffer; where none comes between, the workers put the next
** iteration's images there while this one's step runs. */
static void solver_feed(struct solver *s)
{
    long iteration = s->state.iteration;
    if (s->fed) {
        feed_arrived(&s->feed, s->batch);
    } else {
        solver_choose(s, iteration);
        feed_augmented(s->engine, &s->data->train, s->preprocess, s->chosen, s->batch,
                       &s->options->train.augment, solver_moment(s, iteration));
    }
    s->fed = !solver_checks(s, iteration);
    if (!s->fed)
        return;
    solver_choose(s, iteration + 1);
    s->feed = (struct feed){ .engine = s->engine, .set = &s->data->train,
                             .preprocess = s->preprocess, .index = s->chosen,
                             .augment = &s->options->train.augment,
                             .now = solver_moment(s, iteration + 1) };
    s->next = (struct ranks_next){ s->chosen, s->feed.now.seed, s->feed.now.epoch,
                                   s->feed.now.iteration };
    feed_ahead(&s->feed, ranks_feeds(s->batch, &s->next));
}

static double solver_step(struct solver *s)
{
    double start = engine_clock();
    solver_feed(s);
    rules_apply(&s->state.rules, s->engine, s->options, s->state.iteration, s->per_epoch,
                s->total);
    s->engine->step.seed = s->options->seed;
    s->engine->step.iteration = (uint64_t)s->state.iteration;
    double loss = ranks_step(s->engine, s->batch, s->engine->labels, s->options->train.clip);
    average_step(&s->state.average, s->engine, s->state.iteration + 1);
    s->busy += engine_clock() - start;
    return isnan(loss) ? fabs(loss) : loss;   /* a NaN's sign is the processor's choice */
}

double solver_rate(const struct solver *s)
{
    return s->busy > 0 ? (double)(s->state.iteration - s->first)*s->batch/s->busy : 0;
}

/* The course's check_accuracy: at most SOLVER_CHECK images, drawn with replacement. */
static struct feed_result solver_check_train(struct solver *s, const struct feed_watch *watch)
{
    const struct images *train = &s->data->train;
    if (train->count <= SOLVER_CHECK)
        return feed_watched(s->engine, train, s->preprocess, NULL, train->count, watch);
    for (uint64_t i = 0; i < SOLVER_CHECK; i++)
        s->drawn[i] = (uint32_t)random_below(s->options->seed, RANDOM_CHECK,
                                             (uint64_t)s->state.iteration, i, train->count);
    return feed_watched(s->engine, train, s->preprocess, s->drawn, SOLVER_CHECK, watch);
}

static void solver_tell(struct solver *s, enum observer_event event)
{
    for (int k = 0; k < s->observers; k++)
        if (s->observer[k].on[event])
            s->observer[k].on[event](s->observer[k].state, s);
}

static const struct feed_watch *solver_watch(const struct solver *s)
{
    const struct feed_watch *watch = NULL;
    for (int k = 0; k < s->observers && !watch; k++)
        if (s->observer[k].watch)
            watch = s->observer[k].watch(s->observer[k].state);
    return watch;
}

static bool solver_diverged(struct solver *s, const char *what)
{
    s->report->diverged = true;
    return error_set(s->err, "%s at iteration %ld; training stopped", what, s->state.iteration);
}

static void solver_patience(struct solver *s)
{
    long patience = s->options->train.patience;
    s->report->stopped = patience > 0 && s->state.checks_since >= patience;
}

/* Accuracies, the best parameters. Without a validation set every check counts as the best. */
static bool solver_check_now(struct solver *s)
{
    const struct model *m = s->engine->model;
    const struct feed_watch *watch = solver_watch(s);       /* of what validates */
    struct feed_result train = solver_check_train(s, s->data->val.count ? NULL : watch);
    struct feed_result val = feed_watched(s->engine, &s->data->val, s->preprocess, NULL,
                                          s->data->val.count, watch);
    const bool finite = train.finite && val.finite;
    s->train_check = feed_check(m, &train);
    s->val_check = val.count > 0 ? feed_check(m, &val) : -1;
    s->better = finite && (val.count == 0
                           || check_better(m, s->val_check, s->state.best_check));
    solver_tell(s, OBSERVER_CHECKED);
    history_check(&s->state.history, s->train_check, s->val_check);
    if (!finite)
        return solver_diverged(s, "the network's scores are no longer finite");
    s->state.checks_since++;
    if (s->better) {
        s->report->best_check = s->state.best_check = s->val_check;
        s->state.checks_since = 0;
        if (s->state.best)
            params_get_all(s->engine, s->state.best);
    }
    solver_patience(s);
    return true;
}

/* Of the averages, where there are any. */
static bool solver_check(struct solver *s)
{
    average_swap(&s->state.average, s->engine);
    bool good = solver_check_now(s);
    average_swap(&s->state.average, s->engine);
    return good;
}

/* The run's own rate, which groups may not share. */
static double solver_lr(const struct solver *s, long iteration)
{
    return s->state.lr*schedule_factor(s->options->train.schedule, s->options, iteration,
                                       s->per_epoch, s->total);
}

static bool solver_iteration(struct solver *s)
{
    const long iteration = s->state.iteration;
    solver_tell(s, OBSERVER_BEFORE);
    const double loss = solver_step(s), lr = solver_lr(s, iteration);
    s->report->iterations = ++s->state.iteration;
    s->report->loss = loss;
    s->checked = s->better = false;
    solver_tell(s, OBSERVER_STEPPED);
    if (s->state.iteration % s->per_epoch == 0) {
        s->state.epoch++;
        rules_epoch(&s->state.rules);
        s->state.lr *= s->options->train.lr_decay;
    }
    if (!history_add(&s->state.history, s->state.epoch, loss, lr))
        return error_set(s->err, "neither memory nor a file for the history of %ld iterations",
                         s->state.iteration);
    if (!isfinite(loss))
        return solver_diverged(s, isnan(loss) ? "the loss is nan" : "the loss is infinite");
    s->checked = solver_checks(s, iteration);
    if (s->checked && !solver_check(s))
        return false;
    solver_tell(s, OBSERVER_DONE);
    return true;
}

bool solver_over(const struct solver *s)
{
    return s->state.iteration == s->total || s->report->stopped;
}

/* ---- a run ---- */

static bool solver_size(struct solver *s, char *err)
{
    const struct solver_options *o = s->options;
    const size_t count = s->data->train.count;
    if (count == 0 || count > UINT32_MAX)
        return error_set(err, "%zu training images: expected 1 to 2^32 - 1", count);
    if (!dataset_targets(&s->data->train, s->engine->model->target))
        return error_set(err, "the training images have no %s",
                         has_labels(s->engine->model) ? "labels" : "targets");
    s->batch = o->train.batch;
    if (o->train.sample == SAMPLE_SHUFFLE && (size_t)s->batch > count)
        s->batch = (int)count;
    const size_t least = (size_t)o->train.batch < count ? (size_t)o->train.batch : count;
    if (!engine_batch_suffices(s->engine->model, least, "2 training images and --batch 2 are the "
                               "least", err))
        return false;
    s->per_epoch = solver_epoch_iterations(o, count);
    s->total = solver_iterations(o, count);
    return s->total || error_set(err, "%g epochs of %ld iterations each are more than %.0f "
                                 "iterations, which are the most", o->train.epochs, s->per_epoch,
                                 SOLVER_ITERATIONS);
}

/* An image that is its own target is one of bce if all its values are from 0 to 1: past them the
** loss has no least value. */
static bool solver_shares(const struct model *m, const struct dataset *data,
                          const struct preprocess *p, const struct augment *a, char *err)
{
    if (m->objective != OBJECTIVE_BCE || m->target != TARGET_INPUT)
        return true;
    if (a->brightness > 0 || a->contrast > 0)
        return error_set(err, "brightness and contrast move values beyond 0 and 1, between which "
                         "the targets of bce are: leave them out, or take the loss mse");
    return preprocess_shares(p, &data->train, err) && preprocess_shares(p, &data->val, err);
}

bool solver_open(struct solver *s, struct engine *e, const struct dataset *data,
                 const struct preprocess *p, const struct solver_options *o,
                 struct solver_report *report, char *err)
{
    const size_t count = data->train.count;
    *s = (struct solver){ .engine = e, .data = data, .preprocess = p, .options = o,
                          .report = report, .train_check = -1, .val_check = -1, .order_epoch = -1 };
    *report = (struct solver_report){ .best_check = -1 };
    if (!solver_size(s, err))
        return false;
    s->chosen = calloc((size_t)s->batch, sizeof *s->chosen);
    s->drawn = calloc(SOLVER_CHECK, sizeof *s->drawn);
    s->order = o->train.sample == SAMPLE_REPLACEMENT ? NULL : calloc(count, sizeof *s->order);
    if (!s->chosen || !s->drawn || (o->train.sample == SAMPLE_SHUFFLE && !s->order))
        return error_set(err, "not enough memory for %zu training images", count);
    s->state.lr = o->train.rate[RATE_LR];
    s->state.planned = report->planned = s->total;
    s->state.best_check = -1;
    return solver_shares(e->model, data, p, &o->train.augment, err)
           && rules_open(&s->state.rules, e, o, err)
           && weigh_classes(e, &o->train, &data->train, err)
           && (o->train.clip <= 0 || update_make_gradients(e, err))
           && average_open(&s->state.average, e, o->train.average, o->train.average_rate,
                           o->train.average_every, err)
           && history_open(&s->state.history, NULL, err)
           && (s->state.history.check = check_word(e->model));
}

bool solver_take_up(struct solver *s)
{
    const long done = s->state.iteration;
    const struct history_row *row = history_rows(&s->state.history);
    if (!row)
        return false;
    s->first = done;
    s->report->iterations = done;
    s->report->loss = row[done - 1].loss;
    s->report->best_check = s->state.best_check;
    for (long k = done - 1; s->train_check < 0 && k >= 0; k--) {
        s->train_check = row[k].train_check;
        s->val_check = row[k].val_check;
    }
    solver_patience(s);
    return true;
}

void solver_close(struct solver *s)
{
    history_close(&s->state.history);
    rules_close(&s->state.rules);
    average_close(&s->state.average);
    free(s->state.best);
    free(s->chosen);
    free(s->drawn);
    free(s->order);
}

static bool solver_begin(struct solver *s)
{
    for (int k = 0; k < s->observers; k++)
        if (s->observer[k].begin && !s->observer[k].begin(s->observer[k].state, s, s->err))
            return false;
    s->state.planned = s->total;
    s->phase = SOLVER_TRAINS;
    return true;
}

static bool solver_told_to_stop(const struct solver *s)
{
    for (int k = 0; k < s->observers; k++)
        if (s->observer[k].stops && s->observer[k].stops(s->observer[k].state, s))
            return true;
    return false;
}

static void solver_halt(struct solver *s, bool good)
{
    s->phase = SOLVER_HALTS;
    s->trouble = good ? NULL : s->err;
    for (int k = 0; k < s->observers; k++)
        if (s->observer[k].halt && !s->observer[k].halt(s->observer[k].state, s, s->err))
            s->trouble = s->err;
    s->report->complete = !s->trouble && solver_over(s);
    s->report->images_per_second = solver_rate(s);
}

/* What was measured before a failure is worth having. The first message counts. */
static bool solver_end(struct solver *s)
{
    char later[ERR_SIZE];
    bool good = true;
    s->phase = SOLVER_ENDS;
    for (int k = 0; k < s->observers; k++) {
        char *err = s->trouble || !good ? later : s->err;
        if (s->observer[k].end && !s->observer[k].end(s->observer[k].state, s, err))
            good = false;
    }
    return good;
}

bool solver_run(struct solver *s, const struct observer *observer, int observers, char *err)
{
    s->observer = observer;
    s->observers = observers;
    s->err = err;
    const bool begun = solver_begin(s);
    bool good = begun;
    while (good && !solver_over(s) && !solver_told_to_stop(s))
        good = solver_iteration(s);
    solver_halt(s, good);
    const bool written = !begun || s->state.iteration == 0 || solver_end(s);
    return !s->trouble && (written || !s->report->complete);
}

bool solver_train(struct engine *e, const struct dataset *data, const struct preprocess *p,
                  const struct solver_options *o, struct solver_report *report, char *err)
{
    struct solver s;
    bool good = solver_open(&s, e, data, p, o, report, err) && solver_run(&s, NULL, 0, err);
    solver_close(&s);
    return good;
}
