/*
** checkpoint.c - a run's state to and from a file. It must never hold a time, a host, an
** instruction set, a thread count or a path: the same run makes the same bytes, wherever it was
** stopped and went on. It must never change a run before the whole file was found good.
**
** The file is a parameter file (param_file.h) of the best parameters so far, so that `eval` and
** whatever else reads parameters reads it, too. What is more in it:
**
**   metadata state              the version: "1"
**   state.options      U8       the run's options, NAME=VALUE and a line's end each
**   state.counts       I64 [8]  iterations and epochs completed, checks since the best one,
**                               iterations planned, training images, validation images, a hash
**                               of both, 1 where the network's loss is a sum
**   state.numbers      F64 [2]  the learning rate with lr_decay, without the schedule; the best
**                               validation accuracy (negative: none)
**   state.rules        F64 [parameters][13]   each one's optimizer, lr, beta1, beta2, eps,
**                               weight_decay, reg, lr_decay, schedule and freeze, to compare;
**                               then its rate with lr_decay and the running products beta1^t
**                               and beta2^t
**   state.history      F64 [iterations][5]    epoch, loss, lr, train_check, val_check
**   state.value.NAME            the parameter by now, canonical as NAME itself is, running
**                               statistics too
**   state.first.NAME, state.second.NAME       moments, those that its optimizer has
**   state.average.NAME          where the run averages
**
** Images, augmentation and dropout are drawn from counters (random.h): the iteration's number
** is all that they need. The data section, and with it everything that decides how a run goes
** on, is under the checksum of safetensors.h; a file without one is refused.
*/
#include "train/checkpoint.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/shortest.h"
#include "core/params.h"
#include "data/values.h"
#include "settings/optimizer.h"
#include "settings/option_text.h"
#include "settings/settings.h"

/* No run counts further, and doubles have all whole numbers up to there. */
static const int64_t checkpoint_most = (int64_t)1 << 53;
#define CHECKPOINT_VERSION "1"

/* ---- writing ---- */

/* Everything allocated for one file. */
struct checkpoint_pieces {
    struct tensor *tensor; int count;
    char **name; int names;
    real *values;                 /* canonical, of all parts */
    double *rules;
    const struct history_row *history;
    int64_t counts[COUNTS];
    double numbers[NUMBERS];
};

static bool checkpoint_alloc(struct checkpoint_pieces *x, const struct checkpoint_run *r)
{
    enum { OTHERS = 5 };
    const struct model *m = r->engine->model;
    size_t params = (size_t)m->nparams, reals = 1;
    for (int k = 0; k < m->nparams; k++)
        for (enum part part = PART_VALUE; part < PARTS; part++)
            reals += parts_at(r, k, part) ? params_count(&m->params[k]) : 0;
    *x = (struct checkpoint_pieces){ .count = 0 };
    x->tensor = calloc(PARTS*params + OTHERS, sizeof *x->tensor);
    x->name = calloc(PARTS*params + 1, sizeof *x->name);
    x->values = malloc(reals*sizeof *x->values);
    x->rules = calloc(params*RULE_COLUMNS + 1, sizeof *x->rules);
    x->history = history_rows(&r->state->history);
    return x->tensor && x->name && x->values && x->rules && x->history;
}

static void checkpoint_free(struct checkpoint_pieces *x)
{
    for (int k = 0; x->name && k < x->names; k++)
        free(x->name[k]);
    free(x->tensor);
    free(x->name);
    free(x->values);
    free(x->rules);
}

static void checkpoint_add(struct checkpoint_pieces *x, const char *name, enum tensor_type type,
                           const void *data, size_t rows, size_t columns)
{
    x->tensor[x->count++] = (struct tensor){ .name = name, .type = type, .rank = columns ? 2 : 1,
                                             .dim = { rows, columns }, .data = data,
                                             .count = columns ? rows*columns : rows };
}

static bool checkpoint_add_parts(struct checkpoint_pieces *x, const struct checkpoint_run *r)
{
    const struct model *m = r->engine->model;
    real *at = x->values;
    for (int k = 0; k < m->nparams; k++)
        for (enum part part = PART_VALUE; part < PARTS; part++) {
            const struct param *p = &m->params[k];
            const real *stored = parts_at(r, k, part);
            if (!stored)
                continue;
            char *name = parts_name(p, part);
            if (!name)
                return false;
            x->name[x->names++] = name;
            params_get(p, stored, at);
            x->tensor[x->count] = param_file_tensor(p, at);
            x->tensor[x->count++].name = name;
            at += params_count(p);
        }
    return true;
}

static bool checkpoint_gather(struct checkpoint_pieces *x, struct checkpoint_run *r)
{
    const struct solver_state *s = r->state;
    const char *options = r->options ? r->options : "";
    if (!checkpoint_alloc(x, r))
        return false;
    parts_counts(r, x->counts);
    parts_rules(&s->rules, x->rules);
    x->numbers[NUMBER_LR] = s->lr;
    x->numbers[NUMBER_BEST] = s->best_check;
    checkpoint_add(x, "state.options", TENSOR_U8, options, strlen(options), 0);
    checkpoint_add(x, "state.counts", TENSOR_I64, x->counts, COUNTS, 0);
    checkpoint_add(x, "state.numbers", TENSOR_F64, x->numbers, NUMBERS, 0);
    checkpoint_add(x, "state.rules", TENSOR_F64, x->rules, (size_t)s->rules.count, RULE_COLUMNS);
    checkpoint_add(x, "state.history", TENSOR_F64, x->history, s->history.count, HISTORY_COLUMNS);
    return checkpoint_add_parts(x, r);
}

bool checkpoint_save(const char *path, struct checkpoint_run *r, char *err)
{
    struct checkpoint_pieces x;
    bool good = checkpoint_gather(&x, r)
                || error_set(err, "%s: not enough memory for a checkpoint, or no file for its "
                             "history", path);
    if (good) {
        const struct param_file f = { .model = r->engine->model, .values = r->state->best,
                                      .preprocess = r->preprocess, .data = r->data,
                                      .more = x.tensor, .nmore = x.count,
                                      .state = CHECKPOINT_VERSION };
        good = param_file_write(path, &f, err);
    }
    checkpoint_free(&x);
    return good;
}

/* ---- reading ---- */

/* A tensor that is no parameter; rows -1: any number of them. */
static const struct tensor *checkpoint_find(const struct checkpoint *c, const char *name,
                                            enum tensor_type type, ptrdiff_t rows, size_t columns,
                                            char *err)
{
    const struct tensor *t = safetensors_find(&c->file, name);
    const bool shaped = t && t->type == type && t->rank == (columns ? 2 : 1)
                        && (rows < 0 || t->dim[0] == (size_t)rows)
                        && (!columns || t->dim[1] == columns);
    if (shaped)
        return t;
    error_set(err, t ? "%s: tensor %s has another type or shape than a checkpoint's"
                     : "%s: tensor %s is missing", c->path, name);
    return NULL;
}

/* Values from any address; `size` bytes each. */
static void checkpoint_take(const struct tensor *t, void *out, size_t size)
{
    if (t->count)
        memcpy(out, t->data, t->count*size);
}

static bool checkpoint_read_options(struct checkpoint *c, char *err)
{
    const struct tensor *t = checkpoint_find(c, "state.options", TENSOR_U8, -1, 0, err);
    if (!t)
        return false;
    c->options = calloc(t->count + 1, 1);
    if (!c->options)
        return error_set(err, "%s: not enough memory", c->path);
    checkpoint_take(t, c->options, 1);
    return true;
}

static bool checkpoint_check(struct checkpoint *c, const struct model *m, char *err)
{
    const enum tensor_type own = LATHE_F64 ? TENSOR_F64 : TENSOR_F32;
    const char *version = safetensors_metadata(&c->file, "state");
    int64_t counts[COUNTS];
    if (!version)
        return error_set(err, "%s: no checkpoint: it has no training state%s; `train --checkpoint "
                         "FILE` writes one", c->path,
                         safetensors_metadata(&c->file, "format") ? ", only parameters" : "");
    if (strcmp(version, CHECKPOINT_VERSION) != 0)
        return error_set(err, "%s: a checkpoint of version %s, this program reads version %s",
                         c->path, version, CHECKPOINT_VERSION);
    if (!safetensors_metadata(&c->file, "checksum"))
        return error_set(err, "%s: damaged: a checkpoint without a checksum: `eval` and `predict` "
                         "read its parameters, but no run goes on from it", c->path);
    for (int k = 0; k < m->nparams; k++) {
        const struct tensor *t = safetensors_find(&c->file, m->params[k].name);
        if (t && t->type != own)
            return error_set(err, "%s: a run in %s, this program computes in %s; build it with "
                             "--dtype %s", c->path, LATHE_F64 ? "f32" : "f64",
                             LATHE_F64 ? "f64" : "f32", LATHE_F64 ? "f32" : "f64");
    }
    if (!param_file_check(c->path, &c->file, m, NULL, NULL, err)
        || !checkpoint_read_options(c, err))
        return false;
    const struct tensor *t = checkpoint_find(c, "state.counts", TENSOR_I64, COUNTS, 0, err);
    if (!t)
        return false;
    checkpoint_take(t, counts, sizeof *counts);
    for (int k = COUNT_ITERATION; k <= COUNT_PLANNED; k++)
        if (counts[k] < 0 || counts[k] > checkpoint_most)
            return error_set(err, "%s: damaged: state.counts has %" PRId64 ", expected 0 to %"
                             PRId64, c->path, counts[k], checkpoint_most);
    c->iteration = (long)counts[COUNT_ITERATION];
    return c->iteration > 0 || error_set(err, "%s: a checkpoint of no iteration", c->path);
}

bool checkpoint_open(struct checkpoint *c, const char *path, const struct model *m, char *err)
{
    *c = (struct checkpoint){ .path = path };
    if (!safetensors_read(&c->file, path, err))
        return false;
    if (checkpoint_check(c, m, err))
        return true;
    checkpoint_close(c);
    return false;
}

void checkpoint_forget(struct checkpoint *c)
{
    safetensors_close(&c->file);
}

void checkpoint_close(struct checkpoint *c)
{
    safetensors_close(&c->file);
    free(c->options);
    *c = (struct checkpoint){ .path = NULL };
}

/* ---- does it fit this run? ---- */

/* Where the images differ in that, it says more than that they differ. */
static bool checkpoint_same_values(const struct checkpoint *c, const struct checkpoint_run *r,
                                   char *err)
{
    const char *text = safetensors_metadata(&c->file, "values");
    const struct values *ours = &r->data->values;
    struct values theirs;
    char say[2][64], own[64];
    values_write(ours, own, sizeof own);
    if (!text || !ours->type[0] || strcmp(text, own) == 0 || !values_read(&theirs, text))
        return true;
    return error_set(err, "%s: its run had images of %s, this one (%s) has %s; see --data", c->path,
                     values_say(&theirs, say[0], sizeof say[0]), r->data->source,
                     values_say(ours, say[1], sizeof say[1]));
}

static bool checkpoint_same_data(const struct checkpoint *c, struct checkpoint_run *r,
                                 const int64_t theirs[COUNTS], char *err)
{
    int64_t ours[COUNTS];
    parts_counts(r, ours);
    if (theirs[COUNT_TRAIN] != ours[COUNT_TRAIN] || theirs[COUNT_VAL] != ours[COUNT_VAL])
        return error_set(err, "%s: its run had %" PRId64 " training and %" PRId64 " validation "
                         "images, this one has %" PRId64 " and %" PRId64 " (%s); see --data",
                         c->path, theirs[COUNT_TRAIN], theirs[COUNT_VAL], ours[COUNT_TRAIN],
                         ours[COUNT_VAL], r->data->source);
    if (theirs[COUNT_DATA] != ours[COUNT_DATA])
        return checkpoint_same_values(c, r, err)
               && error_set(err, "%s: its run had other images or labels, though as many as this "
                            "one (%s); see --data", c->path, r->data->source);
    return theirs[COUNT_LOSS_SUM] == ours[COUNT_LOSS_SUM]
           || error_set(err, "%s: its network's loss was the %s over the images, this program's "
                        "is the %s", c->path, theirs[COUNT_LOSS_SUM] ? "sum" : "mean",
                        ours[COUNT_LOSS_SUM] ? "sum" : "mean");
}

/* "adam", "cosine" or a number. */
static void checkpoint_rule_text(int column, double value, char *out, size_t size)
{
    const int word = value >= 0 && value < 100 ? (int)value : -1;
    if (column == RULE_OPTIMIZER && word > UPDATE_STORE && word < UPDATE_KINDS)
        snprintf(out, size, "%s", optimizers[word].word);
    else if (column == RULE_SCHEDULE && word >= 0 && word < SCHEDULE_KINDS)
        snprintf(out, size, "%s", schedule_words[word]);
    else
        shortest_real(value, out, size);
}

/* What the network file sets for one parameter is in no option. */
static bool checkpoint_same_rules(const struct checkpoint *c, const struct checkpoint_run *r,
                                  const double *theirs, char *err)
{
    for (int k = 0; k < r->state->rules.count; k++, theirs += RULE_COLUMNS) {
        double ours[RULE_COLUMNS];
        char text[2][40];
        parts_rule(&r->state->rules.param[k], ours);
        for (int column = 0; column < RULE_LR; column++) {
            if (theirs[column] == ours[column])
                continue;
            checkpoint_rule_text(column, theirs[column], text[0], sizeof text[0]);
            checkpoint_rule_text(column, ours[column], text[1], sizeof text[1]);
            return error_set(err, "%s: %s: %s was %s in its run and is %s in this one", c->path,
                             r->engine->model->params[k].name, parts_rule_names[column], text[0],
                             text[1]);
        }
    }
    return true;
}

/* The file's tensors of all parts, [parameters][PARTS]; NULL where this run has no such part. */
static bool checkpoint_find_parts(const struct checkpoint *c, const struct checkpoint_run *r,
                                  const struct tensor **found, char *err)
{
    const struct model *m = r->engine->model;
    for (int k = 0; k < m->nparams; k++)
        for (enum part part = PART_VALUE; part < PARTS; part++, found++) {
            if (!parts_at(r, k, part))
                continue;
            struct tensor wanted = param_file_tensor(&m->params[k], NULL);
            char *name = parts_name(&m->params[k], part);
            if (!name)
                return error_set(err, "%s: not enough memory", c->path);
            wanted.name = name;
            *found = weights_find(c->path, &c->file, &wanted, err);
            bool good = *found && ((*found)->type == wanted.type
                                   || error_set(err, "%s: tensor %s has another type than %s",
                                                c->path, name, m->params[k].name));
            free(name);
            if (!good)
                return false;
        }
    return true;
}

/* ---- into the run ---- */

/* Cannot fail: everything is there and large enough. */
static void checkpoint_set_parts(const struct checkpoint *c, struct checkpoint_run *r,
                                 const struct tensor **part, real *room)
{
    const struct model *m = r->engine->model;
    real *best = r->state->best;
    for (int k = 0; k < m->nparams; k++) {
        const struct param *p = &m->params[k];
        param_file_values(safetensors_find(&c->file, p->name), best);
        best += params_count(p);
        memset(r->engine->arena + p->m, 0, p->stored*sizeof(real));
        memset(r->engine->arena + p->v, 0, p->stored*sizeof(real));
        for (enum part which = PART_VALUE; which < PARTS; which++, part++) {
            real *stored = parts_at(r, k, which);
            if (!stored)
                continue;
            param_file_values(*part, room);
            memset(stored, 0, p->stored*sizeof(real));
            params_set(p, stored, room);
        }
    }
    engine_pack_all(r->engine);
}

static void checkpoint_set_state(struct solver_state *s, const int64_t *counts,
                                 const double *numbers, const double *rules)
{
    s->iteration = (long)counts[COUNT_ITERATION];
    s->epoch = (long)counts[COUNT_EPOCH];
    s->checks_since = (long)counts[COUNT_SINCE];
    s->planned = (long)counts[COUNT_PLANNED];
    s->lr = numbers[NUMBER_LR];
    s->best_check = numbers[NUMBER_BEST];
    for (int k = 0; k < s->rules.count; k++, rules += RULE_COLUMNS) {
        s->rules.param[k].lr = rules[RULE_LR];
        s->rules.param[k].beta1_power = rules[RULE_POWER1];
        s->rules.param[k].beta2_power = rules[RULE_POWER2];
    }
}

/* From any address. */
static bool checkpoint_set_history(const char *path, struct history *h, const struct tensor *t,
                                   char *err)
{
    const char *at = t->data;
    struct history_row row;
    for (size_t k = 0; k < t->dim[0]; k++, at += sizeof row) {
        memcpy(&row, at, sizeof row);
        if (!(row.epoch >= 0 && row.epoch <= (double)checkpoint_most))
            return error_set(err, "%s: damaged: row %zu of state.history is of epoch %g", path, k,
                             row.epoch);
        if (!history_add(h, (long)row.epoch, row.loss, row.lr))
            return error_set(err, "%s: neither memory nor a file for its history", path);
        history_check(h, row.train_check, row.val_check);
    }
    return true;
}

struct checkpoint_small { double *rules; real *room; const struct tensor **part; };

static bool checkpoint_restore_with(const struct checkpoint *c, struct checkpoint_run *r,
                                    long total, struct checkpoint_small *x, char *err)
{
    int64_t counts[COUNTS];
    double numbers[NUMBERS];
    const struct tensor *t[] = {
        checkpoint_find(c, "state.counts", TENSOR_I64, COUNTS, 0, err),
        checkpoint_find(c, "state.numbers", TENSOR_F64, NUMBERS, 0, err),
        checkpoint_find(c, "state.rules", TENSOR_F64, r->state->rules.count, RULE_COLUMNS, err),
        checkpoint_find(c, "state.history", TENSOR_F64, c->iteration, HISTORY_COLUMNS, err)
    };
    if (!t[0] || !t[1] || !t[2] || !t[3])
        return false;
    checkpoint_take(t[0], counts, sizeof *counts);
    if (!checkpoint_same_data(c, r, counts, err))       /* the length may follow from it */
        return false;
    if (c->iteration > total)
        return error_set(err, "%s: %ld iterations are done, and the run is to have %ld; see "
                         "--epochs and --iterations", c->path, c->iteration, total);
    x->rules = malloc((t[2]->count + 1)*sizeof *x->rules);
    x->room = malloc((params_total(r->engine->model) + 1)*sizeof *x->room);
    x->part = calloc((size_t)r->state->rules.count*PARTS + 1, sizeof *x->part);
    if (!x->rules || !x->room || !x->part)
        return error_set(err, "%s: not enough memory", c->path);
    checkpoint_take(t[1], numbers, sizeof *numbers);
    checkpoint_take(t[2], x->rules, sizeof *x->rules);
    if (!checkpoint_same_rules(c, r, x->rules, err)
        || !checkpoint_find_parts(c, r, x->part, err))
        return false;
    if (!checkpoint_set_history(c->path, &r->state->history, t[3], err))
        return false;
    checkpoint_set_state(r->state, counts, numbers, x->rules);
    checkpoint_set_parts(c, r, x->part, x->room);
    return true;
}

bool checkpoint_restore(const struct checkpoint *c, struct checkpoint_run *r, long total,
                        char *err)
{
    struct checkpoint_small x = { .rules = NULL };
    bool good = checkpoint_restore_with(c, r, total, &x, err);
    free(x.rules);
    free(x.room);
    free(x.part);
    return good;
}
