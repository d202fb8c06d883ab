/*
** gradcheck.c - numerical gradients. It must never leave a changed parameter behind
** a check: values are put back bit by bit.
*/
#include "train/gradcheck.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/random.h"
#include "core/objective.h"
#include "core/params.h"
#include "train/weigh.h"

struct gradcheck_run {
    struct engine *engine;
    const struct gradcheck_options *options;
    int images;
    real *probe;              /* [images][classes] */
    bool notebook;            /* the network's own loss instead of sum(probe*scores) */
    double *loss[2];          /* [images], at the two points */
    uint64_t hash[2];         /* of the decisions there */
    double size;              /* the images' losses or greatest scores, added like the losses */
    real **gradient;          /* of each parameter, canonical order */
    real **direction;         /* likewise; NULL while single entries are checked */
};

static uint64_t gradcheck_mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value)*UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

/* One row's decisions, 32 to a word for sides, one by one for pool bytes. */
static uint64_t gradcheck_hash_row(const struct decision *d, const real *arena, size_t at,
                                   uint64_t hash)
{
    size_t count = (size_t)d->w*(size_t)d->c;
    if (d->bytes) {
        const uint8_t *byte = (const uint8_t *)(arena + d->at) + at;
        for (size_t k = 0; k < count; k++)
            hash = gradcheck_mix(hash, byte[k]);
        return hash;
    }
    const real *value = arena + d->at + at, low = (real)d->low, high = (real)d->high;
    uint64_t word = 0;
    for (size_t k = 0; k < count; k++) {
        const int side = (value[k] > low) + (value[k] >= low) + (value[k] >= high);
        word = word << 2 | (unsigned)side;
        if (k % 32 == 31)
            hash = gradcheck_mix(hash, word);
    }
    return gradcheck_mix(hash, word);
}

static uint64_t gradcheck_decisions(const struct gradcheck_run *r)
{
    const struct model *m = r->engine->model;
    uint64_t hash = 1;
    for (int k = 0; k < m->ndecisions; k++) {
        const struct decision *d = &m->decisions[k];
        for (int i = 0; i < r->images; i++)
            for (int y = 0; y < d->h; y++) {
                size_t at = (size_t)i*d->image + (size_t)y*d->row;
                hash = gradcheck_hash_row(d, r->engine->arena, at, hash);
            }
    }
    return hash;
}

/* What an image's loss counts in the batch's: the network says whether that is sum or mean. */
static double gradcheck_share(const struct gradcheck_run *r)
{
    return r->notebook ? (double)r->engine->step.share : 1;
}

/* One image's loss, and its greatest score or the loss, whichever is greater. */
static double gradcheck_image(const struct gradcheck_run *r, int image, double *size)
{
    const struct engine *e = r->engine;
    const real *scores = engine_scores(e, image);
    const int classes = e->model->classes;
    double probed = 0, greatest = 0;
    for (int j = 0; j < classes; j++) {
        probed += (double)r->probe[image*classes + j]*(double)scores[j];
        greatest = fmax(greatest, fabs((double)scores[j]));
    }
    const double loss = r->notebook ? (double)e->arena[e->model->losses + (size_t)image] : probed;
    *size = fmax(greatest, fabs(loss));
    return loss;
}

/* The images' losses at one of the two points, and what is decided there. */
static void gradcheck_point(struct gradcheck_run *r, int side)
{
    engine_forward(r->engine, r->images, MODE_CHECK);
    if (r->notebook)
        (void)engine_loss(r->engine, r->engine->labels);
    r->size = 0;
    for (int i = 0; i < r->images; i++) {
        double size;
        r->loss[side][i] = gradcheck_image(r, i, &size);
        r->size += size*gradcheck_share(r);
    }
    r->hash[side] = gradcheck_decisions(r);
}

/* The central difference; false: the two points decide otherwise. The images' differences are
** added, not their losses, whose sum is coarser. */
static bool gradcheck_slope(const struct gradcheck_run *r, double h, double *numeric)
{
    double sum = 0;
    for (int i = 0; i < r->images; i++)
        sum += r->loss[0][i] - r->loss[1][i];
    *numeric = sum*gradcheck_share(r)/(2*h);
    return r->hash[0] == r->hash[1];
}

/* The derivative with respect to one value; false: the points decide otherwise. */
static bool gradcheck_entry(struct gradcheck_run *r, int param, size_t index, double h,
                            double *numeric)
{
    struct engine *e = r->engine;
    const struct param *p = &e->model->params[param];
    real *value = e->arena + p->at + params_index(p, index);
    const real old = *value;
    for (int side = 0; side < 2; side++) {
        *value = old + (real)(side == 0 ? h : -h);
        engine_pack(e, param);
        gradcheck_point(r, side);
    }
    *value = old;
    engine_pack(e, param);
    return gradcheck_slope(r, h, numeric);
}

static void gradcheck_note(struct gradcheck_tensor *t, double analytic, double numeric,
                           bool kept)
{
    if (!kept) {
        t->flips++;
        return;
    }
    double difference = fabs(analytic - numeric);
    t->entries++;
    /* Not fmax: a NaN must not disappear. */
    if (!(difference <= t->difference))
        t->difference = difference;
}

/* Which value is checked k-th of `checks`: each, or one drawn from its own part of
** the tensor, so that no corner is missed. */
static size_t gradcheck_which(const struct gradcheck_run *r, int param, size_t k,
                              size_t checks, size_t count)
{
    if (checks == count)
        return k;
    size_t first = k*count/checks, end = (k + 1)*count/checks;
    return first + random_below(r->options->seed, RANDOM_PROBE, 100 + (uint64_t)param, k,
                                end - first);
}

static size_t gradcheck_checks(const struct gradcheck_run *r, const struct param *p)
{
    size_t count = params_count(p);
    if (params_total(r->engine->model) <= r->options->every || count <= r->options->entries)
        return count;
    return r->options->entries;
}

/* gradcheck_entry; where it is not near the gradient again from ten times as far. Of rounding,
** which batchnorms of few values make large, a tenth is left there; of an error all. */
static bool gradcheck_widened(struct gradcheck_run *r, const struct gradcheck_tensor *t, int param,
                              size_t index, double *numeric)
{
    const double analytic = (double)r->gradient[param][index], h = r->options->h;
    double wide;
    if (!gradcheck_entry(r, param, index, h, numeric))
        return false;
    const double difference = fabs(analytic - *numeric);
    if (!(difference <= GRADCHECK_BOUND*t->largest)
        && gradcheck_entry(r, param, index, 10*h, &wide) && fabs(analytic - wide) < difference)
        *numeric = wide;
    return true;
}

static void gradcheck_tensor(struct gradcheck_run *r, int param, struct gradcheck_tensor *t)
{
    const struct param *p = &r->engine->model->params[param];
    size_t count = params_count(p), checks = gradcheck_checks(r, p);
    const real *gradient = r->gradient[param];
    t->name = p->name;
    for (size_t k = 0; k < count; k++)
        if (!(fabs((double)gradient[k]) <= t->largest))
            t->largest = fabs((double)gradient[k]);
    for (size_t k = 0; k < checks; k++) {
        size_t index = gradcheck_which(r, param, k, checks, count);
        double numeric;
        bool kept = gradcheck_widened(r, t, param, index, &numeric);
        gradcheck_note(t, (double)gradient[index], numeric, kept);
    }
}

/* A direction of length 1, every parameter moved equally far, up or down at random:
** a longer one would flip some decision of a large net every time. Returns its
** product with the gradient. */
static double gradcheck_draw_direction(struct gradcheck_run *r, int number)
{
    const struct model *m = r->engine->model;
    const real length = (real)(1/sqrt((double)params_total(m)));
    double product = 0;
    uint64_t at = 0, bits = 0;
    for (int k = 0; k < m->nparams; k++) {
        size_t count = params_learned(&m->params[k]) ? params_count(&m->params[k]) : 0;
        for (size_t i = 0; i < count; i++, at++) {
            if (at % 64 == 0)
                bits = random_bits(r->options->seed, RANDOM_PROBE, 10000 + (uint64_t)number,
                                   at/64);
            r->direction[k][i] = bits >> at % 64 & 1 ? length : -length;
            product += (double)r->direction[k][i]*(double)r->gradient[k][i];
        }
    }
    return product;
}

/* Parameters: old + step*direction; old ones are in the v slots. */
static void gradcheck_move(struct gradcheck_run *r, double step)
{
    struct engine *e = r->engine;
    for (int k = 0; k < e->model->nparams; k++) {
        const struct param *p = &e->model->params[k];
        const real *old = e->arena + p->v;
        real *value = e->arena + p->at;
        size_t count = params_count(p);
        for (size_t i = 0; i < count; i++) {
            size_t at = params_index(p, i);
            value[at] = old[at] + (real)step*r->direction[k][i];
        }
    }
    engine_pack_all(e);
}

/* Copies every parameter from one of its three arrays to another. */
static void gradcheck_copy(struct engine *e, bool restore)
{
    for (int k = 0; k < e->model->nparams; k++) {
        const struct param *p = &e->model->params[k];
        real *value = e->arena + p->at, *kept = e->arena + p->v;
        memcpy(restore ? value : kept, restore ? kept : value, p->stored*sizeof(real));
    }
}

static void gradcheck_directions(struct gradcheck_run *r, struct gradcheck_tensor *t)
{
    t->name = "directions";
    gradcheck_copy(r->engine, false);
    for (int k = 0; k < r->options->directions; k++) {
        double numeric, analytic = gradcheck_draw_direction(r, k);
        for (int side = 0; side < 2; side++) {
            gradcheck_move(r, side == 0 ? r->options->h : -r->options->h);
            gradcheck_point(r, side);
        }
        bool kept = gradcheck_slope(r, r->options->h, &numeric);
        if (!(fabs(analytic) <= t->largest))
            t->largest = fabs(analytic);
        gradcheck_note(t, analytic, numeric, kept);
    }
    gradcheck_copy(r->engine, true);
    engine_pack_all(r->engine);
}

static void gradcheck_normals(const struct gradcheck_run *r, real *out, size_t count,
                              uint64_t stream, double scale)
{
    for (size_t k = 0; k < count; k++)
        out[k] = (real)(scale*random_normal(r->options->seed, RANDOM_PROBE, stream, k));
}

/* Of every loss: between 0 and 1 (bce), whatever the images are. */
static void gradcheck_fill_targets(const struct gradcheck_run *r)
{
    const struct engine *e = r->engine;
    const size_t count = (size_t)r->images*(size_t)e->model->classes;
    for (size_t k = 0; !has_labels(e->model) && k < count; k++)
        e->targets[k] = (real)random_uniform(r->options->seed, RANDOM_PROBE, 2, k);
}

static void gradcheck_fill_input(struct gradcheck_run *r)
{
    struct engine *e = r->engine;
    const struct model *m = e->model;
    size_t row = (size_t)m->in_w*(size_t)m->in_c;
    for (int i = 0; i < r->images; i++) {
        uint64_t image = 1000000 + (uint64_t)i*(uint64_t)m->in_h;
        for (int y = 0; y < m->in_h; y++)
            gradcheck_normals(r, engine_input(e, i) + (size_t)y*m->input_row, row,
                              image + (uint64_t)y, 1);
        e->labels[i] = (int32_t)random_below(r->options->seed, RANDOM_PROBE, 1, (uint64_t)i,
                                             (uint64_t)m->classes);
    }
    gradcheck_fill_targets(r);
}

/* Weights of He's scale, biases a tenth: neither is lost beside the other. */
static void gradcheck_fill_params(struct gradcheck_run *r)
{
    struct engine *e = r->engine;
    params_init(e, r->options->seed, 0);
    for (int k = 0; k < e->model->nparams; k++) {
        const struct param *p = &e->model->params[k];
        double he = sqrt(2.0/(p->fan_in > 0 ? p->fan_in : 1));
        if (params_learned(p))
            params_fill(e, k, r->options->seed, p->rank > 1 ? he : 0.1);
    }
    engine_pack_all(e);
}

static void gradcheck_close(struct gradcheck_run *r)
{
    for (int k = 0; k < r->engine->model->nparams; k++) {
        if (r->gradient)
            free(r->gradient[k]);
        if (r->direction)
            free(r->direction[k]);
    }
    free(r->gradient);
    free(r->direction);
    free(r->probe);
    free(r->loss[0]);
    free(r->loss[1]);
}

static bool gradcheck_open(struct gradcheck_run *r, char *err)
{
    const struct model *m = r->engine->model;
    r->images = r->options->images < m->batch ? r->options->images : m->batch;
    size_t scores = (size_t)r->images*(size_t)m->classes;
    r->probe = calloc(scores, sizeof *r->probe);
    r->gradient = calloc((size_t)m->nparams, sizeof *r->gradient);
    r->direction = calloc((size_t)m->nparams, sizeof *r->direction);
    for (int side = 0; side < 2; side++)
        r->loss[side] = calloc((size_t)r->images, sizeof(double));
    bool good = r->probe && r->loss[0] && r->loss[1] && r->gradient && r->direction;
    for (int k = 0; good && k < m->nparams; k++) {
        size_t count = params_count(&m->params[k]);
        r->gradient[k] = calloc(count, sizeof(real));
        r->direction[k] = calloc(count, sizeof(real));
        good = r->gradient[k] && r->direction[k];
    }
    if (!good)
        return error_set(err, "not enough memory to check %zu gradients", params_total(m));
    gradcheck_normals(r, r->probe, scores, 0, 1);
    return true;
}

/* Backward's gradient of the run's loss into r->gradient. */
static void gradcheck_analytic(struct gradcheck_run *r)
{
    struct engine *e = r->engine;
    const struct hyper none = { .reg = 0 };
    if (r->notebook)
        engine_step(e, r->images, e->labels, &none, UPDATE_STORE);
    else
        engine_probe(e, r->images, r->probe);
    for (int k = 0; k < e->model->nparams; k++) {
        const struct param *p = &e->model->params[k];
        if (params_learned(p))
            params_get(p, e->arena + p->m, r->gradient[k]);
    }
}

/* Differences of the loss are as coarse as its rounding. */
static double gradcheck_rounding(const struct gradcheck_run *r)
{
    return DBL_EPSILON*r->size/r->options->h;
}

/* The first `tensors` of the report are parameters; directions may follow. A gradient of rounding
** alone, as of a bias beneath a batchnorm, is measured by the largest of all, or by what the loss's
** rounding lets be told. */
static void gradcheck_judge(const struct gradcheck_run *r, struct gradcheck_report *report,
                            int tensors)
{
    const double coarse = 4*gradcheck_rounding(r)/GRADCHECK_BOUND;
    size_t flips = 0, checks = 0;
    for (int k = 0; k < tensors; k++)
        if (!(report->tensor[k].largest <= report->largest))
            report->largest = report->tensor[k].largest;
    report->good = true;
    for (int k = 0; k < report->count; k++) {
        struct gradcheck_tensor *t = &report->tensor[k];
        double scale = fmax(1e-3*report->largest, coarse);
        t->error = t->difference/(t->largest > scale ? t->largest : scale);
        t->good = t->entries > 0 && t->error <= GRADCHECK_BOUND;
        report->good = report->good && t->good;
        flips += t->flips;
        checks += t->flips + t->entries;
    }
    report->flipped = checks > 0 ? (double)flips/(double)checks : 0;
    report->good = report->good && report->flipped < GRADCHECK_FLIPS;
}

bool gradcheck_run(struct engine *e, const struct gradcheck_options *o,
                   struct gradcheck_report *report, char *err)
{
    const struct model *m = e->model;
    struct gradcheck_run r = { .engine = e, .options = o };
    bool all = params_total(m) <= o->every;
    *report = (struct gradcheck_report){ .count = 0 };
    report->tensor = calloc((size_t)m->nparams + 1, sizeof *report->tensor);
    bool good = report->tensor ? gradcheck_open(&r, err)
                               : error_set(err, "not enough memory");
    if (good) {
        gradcheck_fill_params(&r);
        gradcheck_fill_input(&r);
        gradcheck_analytic(&r);
        for (int k = 0; k < m->nparams; k++)
            if (params_learned(&m->params[k]))
                gradcheck_tensor(&r, k, &report->tensor[report->count++]);
        int tensors = report->count;
        if (!all)
            gradcheck_directions(&r, &report->tensor[report->count++]);
        gradcheck_judge(&r, report, tensors);
    }
    gradcheck_close(&r);
    return good;
}

void gradcheck_free(struct gradcheck_report *report)
{
    free(report->tensor);
    report->tensor = NULL;
}

/* Beside that no gradient is judged: of a loss near 1 and h = 1e-6 the notebook's 1e-8 does, larger
** losses and smaller steps need more. */
static double gradcheck_floor(const struct gradcheck_run *r)
{
    enum { ROUNDINGS = 16 };
    const double coarse = ROUNDINGS*gradcheck_rounding(r);
    return coarse > 1e-8 ? coarse : 1e-8;
}

/* Relative error of one parameter's entries, as the notebook defines it. */
static void gradcheck_relative(struct gradcheck_run *r, int param, struct gradcheck_tensor *t)
{
    size_t count = params_count(&r->engine->model->params[param]);
    size_t checks = gradcheck_checks(r, &r->engine->model->params[param]);
    t->good = true;
    for (size_t k = 0; k < checks; k++) {
        size_t index = gradcheck_which(r, param, k, checks, count);
        double numeric, analytic = (double)r->gradient[param][index];
        bool kept = gradcheck_entry(r, param, index, r->options->h, &numeric);
        gradcheck_note(t, analytic, numeric, kept);
        double scale = fabs(analytic) + fabs(numeric), least = gradcheck_floor(r);
        double error = fabs(analytic - numeric)/(scale > least ? scale : least);
        if (kept && !(error <= t->error))
            t->error = error;
        if (kept && !(error <= GRADCHECK_NOTEBOOK) && !(fabs(analytic - numeric) <= 4*least))
            t->good = false;
    }
}

/* Filters that training computes from its images are drawn: there are none here, and zeros would
** leave every layer above on a kink. */
static void gradcheck_initial_params(struct engine *e, uint64_t seed)
{
    params_init(e, seed, -1);
    for (int k = 0; k < e->model->nparams; k++)
        if (e->model->params[k].first == INIT_WHITEN) {
            params_fill(e, k, seed, sqrt(2.0/e->model->params[k].fan_in));
            engine_pack(e, k);
        }
}

bool gradcheck_notebook(struct engine *e, const struct gradcheck_options *o,
                        struct gradcheck_tensor *tensor, char *err)
{
    struct gradcheck_run r = { .engine = e, .options = o, .notebook = true };
    bool good = gradcheck_open(&r, err);
    if (good) {
        gradcheck_initial_params(e, o->seed);
        gradcheck_fill_input(&r);
        const struct images set = { .count = (size_t)r.images, .labels = e->labels,
                                    .targets = e->targets };
        good = weigh_classes(e, &e->model->train, &set, err);
        gradcheck_analytic(&r);
    }
    for (int k = 0; good && k < e->model->nparams; k++) {
        tensor[k] = (struct gradcheck_tensor){ .name = e->model->params[k].name };
        if (params_learned(&e->model->params[k]))
            gradcheck_relative(&r, k, &tensor[k]);
    }
    gradcheck_close(&r);
    return good;
}
