/*
** cmd_dump.c - `dump`: what the network makes of one batch, for comparison with any
** other framework. It must never scale, shift or shuffle its input.
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/visible.h"
#include "command/command.h"
#include "command/dump_region.h"
#include "command/optimizer_options.h"
#include "core/params.h"
#include "data/arrays.h"
#include "data/feed.h"
#include "data/param_file.h"
#include "data/values.h"
#include "file/npy.h"
#include "file/output.h"
#include "file/safetensors.h"
#include "settings/settings.h"
#include "train/solver.h"
#include "train/weigh.h"

enum { DUMP_EPOCH = 1000000000 };   /* iterations: rates stay as they begin */

struct dump_settings {
    struct solver_options solver;
    struct optimizer_options optimizer;
    const char *params, *x, *y, *out, *region;
    int mode;                   /* of dump_modes */
    long steps, seed, threads;
};

/* The batch, and what is written of it. */
struct dump_run {
    struct engine engine;
    struct dump_region region;  /* --region: what it wrote */
    const struct dump_settings *settings;
    struct npy x, y;
    real *values;               /* x as reals, canonical order */
    int32_t *labels;
    real *targets;
    struct images images;
    struct tensor *tensors;     /* nparams, scores and loss(es) */
    char (*names)[80];
    real *scores, *losses, *arrays;
};

enum { DUMP_TRAIN, DUMP_EVAL };
static const char *const dump_modes[] = { "train", "eval", NULL };

static bool dump_options(const struct program *p, struct dump_settings *s, int argc,
                         char **argv, int *status)
{
    struct option_row rows[OPTIMIZER_ROWS + 16];
    const struct option_row own[] = {
        command_row(COMMAND_PARAMS, &s->params,
                    "the parameters; else the network's first ones for --seed"),
        { "--x", OPTION_TEXT, "X.npy", &s->x, 0, 0, NULL,
          "images (n, channels, height, width), f2, f4, f8 or u1, taken as they are; required" },
        { "--y", OPTION_TEXT, "Y.npy", &s->y, 0, 0, NULL,
          "their labels (n) or (n, 1), integers, or their targets, (n) and the scores' shape; "
          "required, but for an autoencoder" },
        { "-o", OPTION_TEXT, "FILE", &s->out, 0, 0, NULL,
          "the safetensors file to write; required" },
        { "--mode", OPTION_CHOICE, "MODE", &s->mode, 0, 0, dump_modes,
          "train: by the batch's statistics; eval: by the running ones; dropout is off" },
        { "--steps", OPTION_INTEGER, "N", &s->steps, 0, 1e9, NULL,
          "instead of gradients, the parameters after N updates with this batch" },
        { "--region", OPTION_TEXT, "NAME", &s->region, 0, 0, NULL,
          "instead of gradients, what this region of the step wrote: `bench` lists them" },
        settings_option("--reg", &s->solver.train, "L2 strength, in loss and gradients"),
        settings_option("--init", &s->solver.train,
                        "standard deviation of first weights; else the network file's"),
        settings_option("--class-weights", &s->solver.train, "of losses and gradients; balanced: "
                        "by this batch"),
        command_row(COMMAND_SEED, &s->seed, "of first weights"),
        command_row(COMMAND_THREADS, &s->threads, NULL),
    };
    for (int k = 0; k < COMMAND_COUNT(own); k++)
        rows[k] = own[k];
    optimizer_options_rows(&s->optimizer, &s->solver.train, rows + COMMAND_COUNT(own));
    return command_options(p, "dump", "Writes scores, loss (with the L2 term) and grad.NAME "
                           "of every parameter for one batch; with --steps the parameters "
                           "after N updates and the losses.", rows,
                           COMMAND_COUNT(own) + OPTIMIZER_ROWS, argc, argv, status);
}

static bool dump_read_x(struct dump_run *r, char *err)
{
    const struct model *m = r->engine.model;
    const struct data_options wanted = { .c = m->in_c, .h = m->in_h, .w = m->in_w,
                                         .exact = true };
    const char *path = r->settings->x;
    struct npy *x = &r->x;
    if (!npy_read(x, path, err) || !arrays_images(x, path, &wanted, err))
        return false;
    if (x->dim[0] == 0)
        return error_set(err, "%s: holds no images", path);
    if (x->dim[0] > (size_t)m->batch)
        return error_set(err, "%s: %zu images, and this program takes %d at once; build it "
                         "with `lathe build --batch %zu`", path, x->dim[0], m->batch,
                         x->dim[0]);
    r->values = malloc(x->count*sizeof(real));
    if (!r->values)
        return error_set(err, "%s: not enough memory", path);
    r->images = arrays_set(x, r->values);
    return true;
}

static bool dump_read_y(struct dump_run *r, char *err)
{
    const struct model *m = r->engine.model;
    const struct data_options o = { .out_c = m->out_c, .out_h = m->out_h, .out_w = m->out_w,
                                    .shares = m->objective == OBJECTIVE_BCE };
    const char *path = r->settings->y;
    if (m->target == TARGET_INPUT)
        return true;
    if (!npy_read(&r->y, path, err))
        return false;
    if (m->target == TARGET_REALS) {
        r->targets = calloc(r->y.count + 1, sizeof *r->targets);
        return r->targets ? arrays_targets(&r->y, path, r->x.dim[0], &o, r->targets, err)
                          : error_set(err, "%s: not enough memory", path);
    }
    r->labels = calloc(r->x.dim[0], sizeof *r->labels);
    if (!r->labels)
        return error_set(err, "%s: not enough memory", path);
    return arrays_labels(&r->y, path, r->x.dim[0], m->classes, r->labels, err);
}

/* x is taken as it is, preprocessed or not; where nothing was to be done to it, its values are
** those trained on, or worth a word. */
static void dump_compare(const struct dump_run *r, const struct param_file_info *info)
{
    struct values given;
    char text[2][64];
    values_find(&given, &r->images);
    if (!info->preprocess.mean && !values_few(&r->images) && !values_alike(&info->values, &given))
        visible_print(stderr, "%s holds %s and is taken as it is; %s was trained on %s\n",
                      r->settings->x, values_say(&given, text[0], sizeof text[0]),
                      r->settings->params, values_say(&info->values, text[1], sizeof text[1]));
}

static bool dump_parameters(struct dump_run *r, char *err)
{
    const struct dump_settings *s = r->settings;
    struct param_file_info info;
    if (!s->params) {
        params_init(&r->engine, (uint64_t)s->seed, s->solver.train.init_std);
        return true;
    }
    if (!param_file_load(s->params, &r->engine, &info, err))
        return false;
    command_pairing(&info);
    dump_compare(r, &info);
    param_file_info_free(&info);   /* x is taken as it is */
    return true;
}

static bool dump_alloc(struct dump_run *r, char *err)
{
    const struct model *m = r->engine.model;
    size_t nparams = (size_t)m->nparams, steps = (size_t)r->settings->steps;
    r->tensors = calloc(nparams + 2, sizeof *r->tensors);
    r->names = calloc(nparams, sizeof *r->names);
    r->scores = calloc(r->x.dim[0]*(size_t)m->classes, sizeof(real));
    r->losses = calloc(steps + 1, sizeof(real));
    r->arrays = malloc(params_total(m)*sizeof(real));
    if (!r->tensors || !r->names || !r->scores || !r->losses || !r->arrays)
        return error_set(err, "not enough memory");
    return true;
}

/* The scores of the batch under the parameters as they are, and the gradients or,
** with --steps, the losses of N updates. */
static bool dump_compute(struct dump_run *r, char *err)
{
    struct engine *e = &r->engine;
    const struct model *m = e->model;
    const struct solver_options *o = &r->settings->solver;
    const struct preprocess none = { .mean = NULL };
    struct rules rules;
    int n = (int)r->x.dim[0];
    if (!weigh_classes(e, &o->train, &r->images, err)
        || !rules_open(&rules, e, o, err))
        return false;
    e->frozen = r->settings->mode == DUMP_EVAL;
    e->step.keep_all = 1;
    feed_batch(e, &r->images, &none, NULL, 0, n);
    if (r->settings->region && !dump_region_open(&r->region, e, r->settings->region, err))
        return rules_close(&rules), false;
    if (r->settings->steps == 0) {
        struct hyper hyper = { .reg = (real)o->train.reg };
        r->losses[0] = (real)engine_step(e, n, r->labels, &hyper, UPDATE_STORE);
    }
    for (long k = 0; k < r->settings->steps; k++) {
        rules_apply(&rules, e, o, k, DUMP_EPOCH, DUMP_EPOCH);
        r->losses[k] = (real)engine_update(e, n, r->labels, MODE_TRAIN);
    }
    rules_close(&rules);
    e->timing = NULL;
    engine_forward(e, n, MODE_CHECK);
    for (int i = 0; i < n; i++)
        engine_canonical_scores(e, i, r->scores + (size_t)i*(size_t)m->classes);
    return true;
}

static bool dump_write(struct dump_run *r, char *err)
{
    const struct model *m = r->engine.model;
    const bool steps = r->settings->steps > 0;
    const enum tensor_type type = LATHE_F64 ? TENSOR_F64 : TENSOR_F32;
    size_t n = r->x.dim[0], classes = (size_t)m->classes;
    size_t losses = steps ? (size_t)r->settings->steps : 1;
    real *at = r->arrays;
    r->tensors[0] = (struct tensor){ .name = "scores", .type = type, .rank = 2,
                                     .dim = { n, classes }, .data = r->scores,
                                     .count = n*classes };
    r->tensors[1] = (struct tensor){ .name = steps ? "losses" : "loss", .type = type,
                                     .rank = 1, .dim = { losses }, .data = r->losses,
                                     .count = losses };
    int tensors = 2;
    for (int k = 0; k < m->nparams; k++) {
        const struct param *p = &m->params[k];
        if (!steps && !params_learned(p))
            continue;
        struct tensor *t = &r->tensors[tensors++];
        snprintf(r->names[k], sizeof r->names[k], "%s%s", steps ? "" : "grad.", p->name);
        params_get(p, r->engine.arena + (steps ? p->at : p->m), at);
        *t = (struct tensor){ .name = r->names[k], .type = type, .rank = p->rank, .data = at,
                              .count = params_count(p) };
        for (int d = 0; d < p->rank; d++)
            t->dim[d] = (size_t)p->dim[d];
        at += t->count;
    }
    const struct tensor_metadata metadata[] = {
        { "format", "lathe-dump-1" }, { "network", m->name }, { "layers", m->layers },
    };
    return safetensors_write(r->settings->out, r->tensors, tensors, metadata,
                             COMMAND_COUNT(metadata), err);
}

static bool dump_run_all(struct dump_run *r, char *err)
{
    const struct model *m = r->engine.model;
    const struct output out = { r->settings->out, OUTPUT_DUMP, "-o", false };
    if (!dump_read_x(r, err) || !dump_read_y(r, err) || !dump_parameters(r, err) ||
        !output_claim(&out, err) || !dump_alloc(r, err))
        return false;
    r->images.labels = r->labels;
    r->images.targets = r->targets;
    if (r->settings->mode == DUMP_TRAIN
        && !engine_batch_suffices(m, r->x.dim[0], "give it 2 images or more, or --mode eval", err))
        return false;
    return dump_compute(r, err) && (r->settings->region
                                    ? dump_region_write(&r->region, r->settings->out, err)
                                    : dump_write(r, err));
}

static void dump_close(struct dump_run *r)
{
    dump_region_close(&r->region);
    engine_close(&r->engine);
    npy_close(&r->x);
    npy_close(&r->y);
    free(r->values);
    free(r->labels);
    free(r->targets);
    free(r->tensors);
    free(r->names);
    free(r->scores);
    free(r->losses);
    free(r->arrays);
}

int command_dump(const struct program *p, int argc, char **argv)
{
    struct dump_settings s = { .mode = DUMP_TRAIN, .seed = 1,
                               .threads = processors_available() };
    struct dump_run run = { .settings = &s };
    char err[ERR_SIZE];
    int status;
    solver_defaults(&s.solver, p->model);
    if (!dump_options(p, &s, argc, argv, &status))
        return status;
    const bool answers = s.y || p->model->target == TARGET_INPUT;
    if (!s.x || !answers || !s.out)
        return command_usage(p, "dump: %s is required", !s.x ? "--x X.npy"
                             : !answers ? "--y Y.npy" : "-o OUT.safetensors");
    if (s.steps > 0 && s.mode == DUMP_EVAL)
        return command_usage(p, "dump: --steps trains: it goes without --mode eval");
    if (s.steps > 0 && s.region)
        return command_usage(p, "dump: --region is of the gradients of one step: without --steps");
    if (!optimizer_options_settle(&s.optimizer, &s.solver.train, err))
        return command_usage(p, "dump: %s", err);
    if (!engine_open(&run.engine, p->model, (int)s.threads, err))
        return command_fault(p, "%s", err);
    bool good = dump_run_all(&run, err);
    dump_close(&run);
    return good ? STATUS_DONE : command_fault(p, "%s", err);
}
