/*
** gradcheck.c - numerical gradients. It must never leave a changed parameter behind
** a check: values are put back bit by bit.
*/
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "gradcheck.h"
#include "params.h"
#include "random.h"

struct gradcheck_run {
    struct engine *engine;
    const struct gradcheck_options *options;
    int images;
    real *probe;              /* [images][classes] */
    bool softmax;             /* the softmax loss instead of sum(probe*scores) */
    real **gradient;          /* of each parameter, canonical order */
    real **direction;         /* likewise; NULL while single entries are checked */
};

static uint64_t gradcheck_mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value)*UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

/* One row's decisions, 64 to a word for signs, one by one for pool bytes. */
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
    const real *value = arena + d->at + at;
    uint64_t word = 0;
    for (size_t k = 0; k < count; k++) {
        word = word << 1 | (value[k] > 0);
        if (k % 64 == 63)
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

static double gradcheck_loss(struct gradcheck_run *r)
{
    struct engine *e = r->engine;
    engine_forward(e, r->images, MODE_CHECK);
    if (r->softmax)
        return engine_loss(e, e->labels);
    double sum = 0;
    for (int i = 0; i < r->images; i++)
        for (int j = 0; j < e->model->classes; j++)
            sum += (double)r->probe[i*e->model->classes + j]*(double)engine_scores(e, i)[j];
    return sum;
}

/* The central difference; false: the two points decide otherwise. */
static bool gradcheck_slope(const double loss[2], const uint64_t hash[2], double h,
                            double *numeric)
{
    *numeric = (loss[0] - loss[1])/(2*h);
    return hash[0] == hash[1];
}

/* The derivative with respect to one value; false: the points decide otherwise. */
static bool gradcheck_entry(struct gradcheck_run *r, int param, size_t index, double *numeric)
{
    struct engine *e = r->engine;
    const struct param *p = &e->model->params[param];
    real *value = e->arena + p->at + params_index(p, index);
    const real old = *value;
    double loss[2];
    uint64_t hash[2];
    for (int side = 0; side < 2; side++) {
        *value = old + (real)(side == 0 ? r->options->h : -r->options->h);
        engine_pack(e, param);
        loss[side] = gradcheck_loss(r);
        hash[side] = gradcheck_decisions(r);
    }
    *value = old;
    engine_pack(e, param);
    return gradcheck_slope(loss, hash, r->options->h, numeric);
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
        bool kept = gradcheck_entry(r, param, index, &numeric);
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
        double loss[2], numeric, analytic = gradcheck_draw_direction(r, k);
        uint64_t hash[2];
        for (int side = 0; side < 2; side++) {
            gradcheck_move(r, side == 0 ? r->options->h : -r->options->h);
            loss[side] = gradcheck_loss(r);
            hash[side] = gradcheck_decisions(r);
        }
        bool kept = gradcheck_slope(loss, hash, r->options->h, &numeric);
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
}

static bool gradcheck_open(struct gradcheck_run *r, char *err)
{
    const struct model *m = r->engine->model;
    r->images = r->options->images < m->batch ? r->options->images : m->batch;
    size_t scores = (size_t)r->images*(size_t)m->classes;
    r->probe = calloc(scores, sizeof *r->probe);
    r->gradient = calloc((size_t)m->nparams, sizeof *r->gradient);
    r->direction = calloc((size_t)m->nparams, sizeof *r->direction);
    bool good = r->probe && r->gradient && r->direction;
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
    if (r->softmax)
        engine_step(e, r->images, e->labels, &none, UPDATE_STORE);
    else
        engine_probe(e, r->images, r->probe);
    for (int k = 0; k < e->model->nparams; k++) {
        const struct param *p = &e->model->params[k];
        if (params_learned(p))
            params_get(p, e->arena + p->m, r->gradient[k]);
    }
}

/* The first `tensors` of the report are parameters; directions may follow. */
static void gradcheck_judge(struct gradcheck_report *report, int tensors)
{
    size_t flips = 0, checks = 0;
    for (int k = 0; k < tensors; k++)
        if (!(report->tensor[k].largest <= report->largest))
            report->largest = report->tensor[k].largest;
    report->good = true;
    for (int k = 0; k < report->count; k++) {
        struct gradcheck_tensor *t = &report->tensor[k];
        double scale = 1e-3*report->largest;
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
        gradcheck_judge(report, tensors);
    }
    gradcheck_close(&r);
    return good;
}

void gradcheck_free(struct gradcheck_report *report)
{
    free(report->tensor);
    report->tensor = NULL;
}

/* Relative error of one parameter's entries, as the notebook defines it. */
static double gradcheck_relative(struct gradcheck_run *r, int param)
{
    size_t count = params_count(&r->engine->model->params[param]);
    size_t checks = gradcheck_checks(r, &r->engine->model->params[param]);
    double worst = 0;
    for (size_t k = 0; k < checks; k++) {
        size_t index = gradcheck_which(r, param, k, checks, count);
        double numeric, analytic = (double)r->gradient[param][index];
        (void)gradcheck_entry(r, param, index, &numeric);
        double scale = fabs(analytic) + fabs(numeric);
        double error = fabs(analytic - numeric)/(scale > 1e-8 ? scale : 1e-8);
        if (!(error <= worst))
            worst = error;
    }
    return worst;
}

bool gradcheck_notebook(struct engine *e, const struct gradcheck_options *o,
                        double *error, char *err)
{
    struct gradcheck_run r = { .engine = e, .options = o, .softmax = true };
    bool good = gradcheck_open(&r, err);
    if (good) {
        params_init(e, o->seed, -1);
        gradcheck_fill_input(&r);
        gradcheck_analytic(&r);
        for (int k = 0; k < e->model->nparams; k++)
            error[k] = params_learned(&e->model->params[k]) ? gradcheck_relative(&r, k) : 0;
    }
    gradcheck_close(&r);
    return good;
}
