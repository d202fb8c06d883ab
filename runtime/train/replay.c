/*
** replay.c - the solver's steps (solver.c), and the way back. What is kept is what steps
** change: parameters, running statistics, moments, and the rules' running products.
*/
#include "train/replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/random.h"
#include "core/objective.h"
#include "core/update.h"
#include "data/feed.h"
#include "data/param_file.h"
#include "file/npy.h"
#include "file/output.h"
#include "train/solver.h"
#include "train/weigh.h"

static void replay_exchange(struct replay *r, bool keep)
{
    const struct model *m = r->engine->model;
    real *kept = r->kept;
    for (int k = 0; k < m->nparams; k++) {
        const struct param *p = &m->params[k];
        const size_t at[] = { p->at, p->m, p->v };
        for (int part = 0; part < 3; part++, kept += p->stored) {
            real *values = r->engine->arena + at[part];
            memcpy(keep ? kept : values, keep ? values : kept, p->stored*sizeof *values);
        }
    }
    memcpy(keep ? r->kept_rules : r->rules.param, keep ? r->rules.param : r->kept_rules,
           (size_t)r->rules.count*sizeof *r->kept_rules);
}

void replay_rewind(struct replay *r)
{
    replay_exchange(r, false);
    engine_pack_all(r->engine);
    r->at = r->start;
}

void replay_feed(struct replay *r)
{
    const struct solver_options *o = r->options;
    size_t count = r->data->train.count;
    uint64_t step = (uint64_t)r->at;
    for (int i = 0; i < o->train.batch; i++)
        r->chosen[i] = (uint32_t)random_below(o->seed, RANDOM_SAMPLE, step, (uint64_t)i, count);
    struct feed_moment now = { o->seed, step/(uint64_t)r->per_epoch, step };
    feed_augmented(r->engine, &r->data->train, r->preprocess, r->chosen, o->train.batch,
                   &o->train.augment,
                   now);
    r->engine->step.seed = o->seed;
    r->engine->step.iteration = step;
}

double replay_update(struct replay *r)
{
    const struct solver_options *o = r->options;
    struct engine *e = r->engine;
    /* A schedule that ends at 0 must not fall below when the steps outlast the run. */
    rules_apply(&r->rules, e, o, r->at < r->total ? r->at : r->total - 1, r->per_epoch, r->total);
    double loss = o->train.clip > 0 ? update_clipped(e, o->train.batch, e->labels, o->train.clip)
                              : engine_update(e, o->train.batch, e->labels, MODE_TRAIN);
    if (++r->at % r->per_epoch == 0)
        rules_epoch(&r->rules);
    return loss;
}

static size_t replay_reals(const struct model *m)
{
    size_t reals = 1;
    for (int k = 0; k < m->nparams; k++)
        reals += 3*m->params[k].stored;
    return reals;
}

bool replay_open(struct replay *r, struct engine *e, const struct dataset *data,
                 const struct preprocess *p, const struct solver_options *o, long warm, char *err)
{
    *r = (struct replay){ .engine = e, .data = data, .preprocess = p, .options = o,
                          .per_epoch = solver_epoch_iterations(o, data->train.count),
                          .total = solver_iterations(o, data->train.count) };
    if (data->train.count == 0 || data->train.count > UINT32_MAX
        || !dataset_targets(&data->train, e->model->target))
        return error_set(err, "%s: expected training images with labels or targets",
                         data->source);
    if (!rules_open(&r->rules, e, o, err)
        || !weigh_classes(e, &o->train, &data->train, err)
        || (o->train.clip > 0 && !update_make_gradients(e, err)))
        return false;
    r->chosen = calloc((size_t)o->train.batch, sizeof *r->chosen);
    r->kept_rules = calloc((size_t)r->rules.count + 1, sizeof *r->kept_rules);
    r->kept = calloc(replay_reals(e->model), sizeof *r->kept);
    if (!r->chosen || !r->kept_rules || !r->kept)
        return error_set(err, "not enough memory");
    while (r->at < warm) {
        replay_feed(r);
        replay_update(r);
    }
    r->start = r->at;
    replay_exchange(r, true);
    return true;
}

void replay_close(struct replay *r)
{
    rules_close(&r->rules);
    free(r->chosen);
    free(r->kept_rules);
    free(r->kept);
    *r = (struct replay){ .engine = NULL };
}

/* Its labels, or what its scores are compared with in canonical order. */
static bool replay_save_answers(const struct replay *r, const char *path, char *err)
{
    const struct model *m = r->engine->model;
    const size_t n = (size_t)r->options->train.batch, c = (size_t)m->out_c;
    const size_t map = (size_t)m->out_h*(size_t)m->out_w;
    const size_t dim[] = { n, c, (size_t)m->out_h, (size_t)m->out_w };
    if (has_labels(m))
        return npy_write(path, NPY_I4, &n, 1, r->engine->labels, err);
    real *y = calloc(n*c*map, sizeof *y);
    if (!y)
        return error_set(err, "not enough memory for %s", path);
    for (size_t k = 0; k < n*c*map; k++)
        y[k] = r->engine->targets[k / (c*map)*c*map + k % map*c + k / map % c];
    bool good = npy_write(path, LATHE_F64 ? NPY_F8 : NPY_F4, dim, 4, y, err);
    free(y);
    return good;
}

/* The batch in the engine, in canonical order. */
static bool replay_save_images(const struct replay *r, const char *path, char *err)
{
    const struct model *m = r->engine->model;
    size_t n = (size_t)r->options->train.batch, c = (size_t)m->in_c, h = (size_t)m->in_h,
           w = (size_t)m->in_w;
    const size_t dim[] = { n, c, h, w };
    real *x = calloc(n*c*h*w, sizeof *x), *to = x;
    if (!x)
        return error_set(err, "not enough memory for %s", path);
    for (size_t i = 0; i < n; i++) {
        const real *image = engine_input(r->engine, (int)i);
        for (size_t k = 0; k < c; k++)
            for (size_t y = 0; y < h; y++)
                for (size_t p = 0; p < w; p++)
                    *to++ = image[y*m->input_row + p*c + k];
    }
    bool good = npy_write(path, LATHE_F64 ? NPY_F8 : NPY_F4, dim, 4, x, err);
    free(x);
    return good;
}

bool replay_save(struct replay *r, const char *directory, char *err)
{
    char path[3][1024];
    static const char *const names[] = { "params.safetensors", "x.npy", "y.npy" };
    for (int k = 0; k < 3; k++)
        if (snprintf(path[k], sizeof path[k], "%s/%s", directory, names[k])
            >= (int)sizeof path[k])
            return error_set(err, "%s: the name is too long", directory);
    const bool again = access(path[0], F_OK) == 0;
    for (int k = 0; k < 3; k++) {
        const struct output out = { path[k], k ? OUTPUT_ARRAY : OUTPUT_PARAMS, "--save", false };
        if (!output_claim(&out, err))
            return false;
        /* An array does not say who made it; the parameters beside it do. */
        if (k && !again && access(path[k], F_OK) == 0)
            return error_set(err, "%s: is there, and no parameters beside it: it is not replaced",
                             path[k]);
    }
    replay_rewind(r);
    replay_feed(r);
    return param_file_save(path[0], r->engine, r->preprocess, r->data, err)
           && replay_save_images(r, path[1], err)
           && replay_save_answers(r, path[2], err);
}
