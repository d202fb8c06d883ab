/*
** test_rules.c - parameters with settings of their own, Muon, and the initialisers, on every
** instruction set that runs here.
*/
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/random.h"
#include "core/cpu.h"
#include "core/params.h"
#include "data/feed.h"
#include "data/whiten.h"
#include "support/networks.h"
#include "train/rules.h"
#include "train/solver.h"

#if LATHE_F64
#define BOUND 1e-12
#else
#define BOUND 2e-5
#endif

/* The k-th program of the network `groups` that runs here, or NULL. */
static const struct model *groups(int k)
{
    const struct model *m = network(k);
    return !strcmp(m->name, "groups") && cpu_has(m->isa) ? m : NULL;
}

static int param_of(const struct model *m, const char *name)
{
    for (int k = 0; k < m->nparams; k++)
        if (!strcmp(m->params[k].name, name))
            return k;
    cr_assert_fail("no parameter %s", name);
    return -1;
}

/* ---- muon ---- */

/* out = a * b^T, both n x k. */
static void gram(const double *a, int n, int k, double *out)
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            out[i*n + j] = 0;
            for (int l = 0; l < k; l++)
                out[i*n + j] += a[i*k + l]*a[j*k + l];
        }
}

/* airbench94_muon's update of one weight, in double, rows x columns. */
static void muon(double *w, const double *g, double *v, int rows, int columns, double lr,
                 double momentum)
{
    enum { MOST = 20 };
    int count = rows*columns;
    double a[MOST*MOST], square[MOST*MOST], norm = 0, size = 0;
    double *x = calloc((size_t)count, sizeof *x), *next = calloc((size_t)count, sizeof *next);
    cr_assert(rows <= MOST);
    for (int k = 0; k < count; k++) {
        v[k] = momentum*v[k] + g[k];
        x[k] = g[k] + momentum*v[k];
        norm += x[k]*x[k];
        size += w[k]*w[k];
    }
    for (int k = 0; k < count; k++)
        x[k] /= sqrt(norm) + 1e-7;
    for (int step = 0; step < 3; step++) {
        gram(x, rows, columns, a);
        gram(a, rows, rows, square);    /* a is symmetric */
        for (int k = 0; k < count; k++) {
            next[k] = 3.4445*x[k];
            for (int j = 0; j < rows; j++)
                next[k] += (-4.7750*a[k / columns*rows + j] + 2.0315*square[k / columns*rows + j])
                           *x[j*columns + k % columns];
        }
        memcpy(x, next, (size_t)count*sizeof *x);
    }
    for (int k = 0; k < count; k++)
        w[k] = w[k]*sqrt(rows) / (sqrt(size) + 1e-7) - lr*x[k];
    free(x);
    free(next);
}

enum { ROWS = 17, COLUMNS = 3*LANES, COUNT = ROWS*COLUMNS, SIDE = 2*LANES };

/* The parts of a step in their order, as core/update.c has them; items last one first. */
static void muon_parts(const struct model *model, real *w, const real *m, real *v,
                       const struct hyper *h)
{
    static _Alignas(ALIGN) real x[COUNT], next[COUNT], panels[COUNT], gram[ROWS*SIDE],
        square[ROWS*SIDE];
    static const enum muon_part order[] = {
        MUON_BEGIN, MUON_SCALE, MUON_GRAM, MUON_SQUARE, MUON_MIX, MUON_MULTIPLY, MUON_GRAM,
        MUON_SQUARE, MUON_MIX, MUON_MULTIPLY, MUON_GRAM, MUON_SQUARE, MUON_MIX, MUON_MULTIPLY,
        MUON_END };
    double norms[2*ROWS];
    struct muon job = { w, v, m, ROWS, COLUMNS, SIDE, *h, x, next, panels, gram, square, norms };
    for (size_t k = 0; k < sizeof order / sizeof *order; k++) {
        int items = order[k] == MUON_MULTIPLY ? COLUMNS/LANES : (ROWS + MUON_ROWS - 1)/MUON_ROWS;
        while (items--)
            model->muon(&job, order[k], items);
        if (order[k] == MUON_MULTIPLY) {
            real *other = job.x;
            job.x = job.next;
            job.next = other;
        }
    }
}

Test(muon, equals_its_formula_over_three_steps)
{
    static _Alignas(ALIGN) real w[COUNT], m[COUNT], v[COUNT];
    static double w2[COUNT], g2[COUNT], v2[COUNT];
    for (int i = 0; i < networks(); i++) {
        if (!groups(i))
            continue;
        for (int k = 0; k < COUNT; k++) {
            w[k] = (real)random_normal(1, RANDOM_PROBE, 0, (uint64_t)k);
            v[k] = 0;
            v2[k] = 0;
            w2[k] = (double)w[k];
        }
        struct hyper h = { .lr = (real)0.125, .beta1 = (real)0.625 };
        for (int step = 0; step < 3; step++) {
            for (int k = 0; k < COUNT; k++) {
                m[k] = (real)random_normal(1, RANDOM_PROBE, 1 + (uint64_t)step, (uint64_t)k);
                g2[k] = (double)m[k];
            }
            muon_parts(groups(i), w, m, v, &h);
            muon(w2, g2, v2, ROWS, COLUMNS, 0.125, 0.625);
        }
        for (int k = 0; k < COUNT; k++)
            cr_expect(fabs((double)w[k] - w2[k]) <= BOUND && fabs((double)v[k] - v2[k]) <= BOUND,
                      "%s: w[%d] is %.9g, not %.9g", groups(i)->isa, k, (double)w[k], w2[k]);
    }
}

/* ---- groups ---- */

static void random_images(struct engine *e)
{
    const struct model *m = e->model;
    for (int i = 0; i < m->batch; i++) {
        for (int y = 0; y < m->in_h; y++)
            for (int k = 0; k < m->in_w*m->in_c; k++)
                engine_input(e, i)[(size_t)y*m->input_row + (size_t)k]
                    = (real)random_normal(2, RANDOM_PROBE, (uint64_t)i, (uint64_t)(y*100 + k));
        e->labels[i] = i % m->classes;
    }
}

/* What the file says the rate of a parameter is in iteration t of 4 an epoch, 16 in all. */
static void expect_rule(const struct engine *e, const char *name, enum update_kind kind, double lr,
                        double reg)
{
    const struct rule *rule = &e->rule[param_of(e->model, name)];
    cr_expect(rule->kind == kind, "%s: optimizer %d, not %d", name, rule->kind, kind);
    cr_expect(kind == UPDATE_STORE || (double)rule->hyper.lr == lr, "%s: rate %g, not %g", name,
              (double)rule->hyper.lr, lr);
    cr_expect((double)rule->hyper.reg == reg, "%s: reg %g, not %g", name, (double)rule->hyper.reg,
              reg);
}

Test(groups, give_each_parameter_its_own_rule)
{
    for (int i = 0; i < networks(); i++) {
        const struct model *m = groups(i);
        struct engine e;
        struct rules rules;
        struct solver_options o;
        char err[ERR_SIZE];
        if (!m)
            continue;
        cr_assert(engine_open(&e, m, 1, err), "%s", err);
        solver_defaults(&o, m);
        cr_assert(rules_open(&rules, &e, &o, err), "%s", err);
        rules_apply(&rules, &e, &o, 0, 4, 16);
        expect_rule(&e, "stem.weight", UPDATE_STORE, 0, 0.5);
        expect_rule(&e, "stem.bias", UPDATE_SGD, 0.125, 0);
        expect_rule(&e, "conv2.weight", UPDATE_MUON, 0.0625, 0.5);
        expect_rule(&e, "conv2.bias", UPDATE_STORE, 0, 0);
        expect_rule(&e, "bn1.weight", UPDATE_MOMENTUM, 0.5, 0);
        expect_rule(&e, "bn1.bias", UPDATE_SGD, 0.125, 0);
        expect_rule(&e, "affine1.weight", UPDATE_SGD, 0.25, 0.25);
        expect_rule(&e, "affine1.bias", UPDATE_SGD, 0.125, 0.25);
        expect_rule(&e, "affine2.weight", UPDATE_ADAMW, 0.03125, 0.5);
        cr_expect(e.rule[param_of(m, "affine2.weight")].hyper.keep == 1 - (real)0.015625);
        for (int epoch = 0; epoch < 2; epoch++)
            rules_epoch(&rules);
        rules_apply(&rules, &e, &o, 8, 4, 16);
        expect_rule(&e, "conv2.weight", UPDATE_MUON, 0.0625/4, 0.5);    /* lr_decay 0.5 */
        expect_rule(&e, "stem.bias", UPDATE_SGD, 0.125/16, 0);          /* its own 0.25 */
        expect_rule(&e, "bn1.weight", UPDATE_MOMENTUM, 0.5/4/2, 0);     /* half way down */
        expect_rule(&e, "affine1.bias", UPDATE_STORE, 0, 0.25);         /* after 2 epochs */
        rules_close(&rules);
        engine_close(&e);
    }
}

/* Of a step: gradients by UPDATE_STORE, then the update that each parameter's rule makes of
** them, in double. */
Test(groups, update_each_parameter_by_its_rule)
{
    for (int i = 0; i < networks(); i++) {
        const struct model *m = groups(i);
        struct engine e;
        struct rules rules;
        struct solver_options o;
        char err[ERR_SIZE];
        if (!m)
            continue;
        cr_assert(engine_open(&e, m, 2, err), "%s", err);
        solver_defaults(&o, m);
        cr_assert(rules_open(&rules, &e, &o, err), "%s", err);
        params_init(&e, 1, -1);
        params_fill(&e, param_of(m, "affine2.weight"), 1, 0.5);
        engine_pack_all(&e);
        random_images(&e);
        struct hyper none = { .reg = 0 };
        engine_step(&e, m->batch, e.labels, &none, UPDATE_STORE);
        real *before = malloc(m->arena*sizeof(real));
        memcpy(before, e.arena, m->arena*sizeof(real));
        for (int k = 0; k < m->nparams; k++)
            memset(e.arena + m->params[k].m, 0, m->params[k].stored*sizeof(real));
        rules_apply(&rules, &e, &o, 0, 4, 16);
        engine_update(&e, m->batch, e.labels, MODE_TRAIN);
        for (int k = 0; k < m->nparams; k++) {
            const struct param *p = &m->params[k];
            const struct rule *rule = &e.rule[k];
            int count = (int)p->stored;
            double *w = calloc((size_t)count, sizeof *w), *g = calloc((size_t)count, sizeof *g);
            double *v = calloc((size_t)count, sizeof *v), lr = (double)rule->hyper.lr;
            for (int j = 0; j < count; j++) {
                w[j] = (double)before[p->at + (size_t)j];
                g[j] = (double)before[p->m + (size_t)j] + (double)rule->hyper.reg*w[j];
            }
            if (rule->kind == UPDATE_MUON)
                muon(w, g, v, p->dim[0], count / p->dim[0], lr, 0.6);
            for (int j = 0; j < count; j++)
                if (rule->kind == UPDATE_SGD || rule->kind == UPDATE_MOMENTUM)
                    w[j] -= lr*g[j];
                else if (rule->kind == UPDATE_ADAMW)
                    w[j] = w[j]*(1 - lr*0.5) - lr*g[j] / (fabs(g[j]) + 1e-8);
            for (int j = 0; params_learned(p) && j < count; j++)
                cr_expect(fabs((double)e.arena[p->at + (size_t)j] - w[j]) <= 20*BOUND,
                          "%s %s: %d is %.9g, not %.9g", m->isa, p->name, j,
                          (double)e.arena[p->at + (size_t)j], w[j]);
            free(w);
            free(g);
            free(v);
        }
        free(before);
        rules_close(&rules);
        engine_close(&e);
    }
}

/* ---- frozen parameters ---- */

enum { FROZEN_STEPS = 5, FROZEN_AFTER = 2, FROZEN_REGIONS = 512 };

static void count_runs(void *context, enum engine_list list, int index, double seconds)
{
    int *runs = context;
    (void)seconds;
    if (list == ENGINE_BACKWARD && index < FROZEN_REGIONS)
        runs[index]++;
}

/* Steps in which the first `frozen` parameters stay from FROZEN_AFTER on. all: every region runs
** nevertheless. */
static void train_frozen(struct engine *e, int frozen, bool all, double *loss, int *runs)
{
    const struct model *m = e->model;
    struct rules rules;
    struct solver_options o;
    char err[ERR_SIZE];
    solver_defaults(&o, m);
    o.train.reg = 0.5;
    cr_assert(rules_open(&rules, e, &o, err), "%s", err);
    for (int k = 0; k < m->nparams; k++)
        rules.param[k].freeze = k < frozen ? FROZEN_AFTER : INFINITY;
    params_init(e, 1, 0.1);
    engine_pack_all(e);
    random_images(e);
    for (int t = 0; t < FROZEN_STEPS; t++) {
        rules_apply(&rules, e, &o, t, 1, 2*FROZEN_STEPS);
        for (int k = 0; all && k < m->nparams; k++)
            e->rule[k].still = 0;
        e->timing = t + 1 == FROZEN_STEPS ? count_runs : NULL;
        e->timing_context = runs;
        loss[t] = engine_update(e, m->batch, e->labels, MODE_TRAIN);
    }
    rules_close(&rules);
}

static void expect_free(const struct model *m, int frozen)
{
    struct engine free, all;
    double loss[2][FROZEN_STEPS];
    int runs[2][FROZEN_REGIONS] = { { 0 } };
    char err[ERR_SIZE];
    cr_assert(engine_open(&free, m, 2, err) && engine_open(&all, m, 1, err), "%s", err);
    train_frozen(&free, frozen, false, loss[0], runs[0]);
    train_frozen(&all, frozen, true, loss[1], runs[1]);
    cr_expect_arr_eq(loss[0], loss[1], sizeof loss[0], "%s %s: %d frozen", m->name, m->isa, frozen);
    for (int k = 0; k < m->nparams; k++) {
        const struct param *p = &m->params[k];
        const size_t bytes = p->stored*sizeof(real);
        cr_expect_arr_eq(free.arena + p->at, all.arena + p->at, bytes, "%s %s: %s", m->name,
                         m->isa, p->name);
        if (k >= frozen)
            cr_expect_arr_eq(free.arena + p->m, all.arena + p->m, bytes, "%s %s: m of %s",
                             m->name, m->isa, p->name);
    }
    for (int k = 0; k < m->nbackward; k++) {
        const struct region *r = &m->backward[k];
        cr_expect(runs[1][k] == 1);
        cr_expect(runs[0][k] <= (r->to == 0 || r->to > frozen), "%s %s: %s", m->name, m->isa,
                  r->name);
    }
    engine_close(&free);
    engine_close(&all);
}

/* The same losses and parameters, bit for bit, without the regions that only they needed. */
Test(groups, cost_nothing_where_they_are_frozen)
{
    for (int i = 0; i < networks(); i++) {
        const struct model *m = network(i);
        if (!cpu_has(m->isa))
            continue;
        expect_free(m, m->nparams/2);
        expect_free(m, m->nparams);
    }
}

/* ---- first values ---- */

static double deviation(const struct engine *e, const char *name)
{
    const struct param *p = &e->model->params[param_of(e->model, name)];
    double squares = 0;
    for (size_t k = 0; k < params_count(p); k++)
        squares += pow((double)e->arena[p->at + params_index(p, k)], 2);
    return sqrt(squares / (double)params_count(p));
}

Test(first_values, are_what_each_layer_says)
{
    for (int i = 0; i < networks(); i++) {
        const struct model *m = groups(i);
        struct engine e;
        char err[ERR_SIZE];
        if (!m)
            continue;
        cr_assert(engine_open(&e, m, 1, err), "%s", err);
        params_init(&e, 1, 0.001);      /* of what no layer says */
        cr_expect(deviation(&e, "affine2.weight") == 0);
        cr_expect_float_eq(deviation(&e, "affine1.weight"), 0.25, 0.03);
        cr_expect_float_eq(deviation(&e, "conv3.weight"), sqrt(2.0 / (12*9 + 5*9)), 0.02);
        const struct param *p = &m->params[param_of(m, "conv2.weight")];
        for (size_t f = 0; f < 12; f++)
            for (size_t k = 0; k < 90; k++) {
                real w = e.arena[p->at + params_index(p, f*90 + k)];
                if (f < 10)
                    cr_expect(w == (k == f*9 + 4), "filter %zu, %zu: %g", f, k, (double)w);
                else
                    cr_expect(w != 0 && w != 1, "filter %zu is not drawn", f);
            }
        engine_close(&e);
    }
}

/* Larger images whiten by the windows that evaluation takes. */
Test(first_values, whiten_the_middle_windows_of_larger_images)
{
    enum { IMAGES = 20, C = 3, H = 8, W = 9, LH = H + 3, LW = W + 2 };
    static real values[IMAGES*C*H*W], larger[IMAGES*C*LH*LW];
    for (int k = 0; k < IMAGES*C*LH*LW; k++) {
        int y = k / LW % LH - 1, x = k % LW - 1;
        larger[k] = (real)random_normal(5, RANDOM_PROBE, 0, (uint64_t)k);
        if (y >= 0 && y < H && x >= 0 && x < W)
            values[(k / (LH*LW)*H + y)*W + x] = larger[k];
    }
    const struct images set = { .count = IMAGES, .c = C, .h = H, .w = W, .values = values };
    const struct images large = { .count = IMAGES, .c = C, .h = LH, .w = LW, .values = larger };
    for (int i = 0; i < networks(); i++) {
        const struct model *m = groups(i);
        struct engine a, b;
        char err[ERR_SIZE];
        if (!m)
            continue;
        cr_assert(engine_open(&a, m, 1, err) && engine_open(&b, m, 1, err), "%s", err);
        cr_assert(whiten(&a, &set, NULL, err) && whiten(&b, &large, NULL, err), "%s", err);
        cr_expect_arr_eq(a.arena, b.arena, m->arena*sizeof *a.arena, "%s", m->isa);
        engine_close(&a);
        engine_close(&b);
    }
}

/* Of more than 5,000 images the others count for nothing, whatever they are. */
Test(first_values, whiten_the_patches_of_5000_images_at_most)
{
    enum { MOST = 5000, MORE = MOST + 100, C = 3, H = 8, W = 9, SIZE = C*H*W };
    real *values = malloc(MORE*SIZE*sizeof(real));
    for (uint32_t k = 0; k < MORE*SIZE; k++)
        values[k] = (real)(k*2654435761u >> 24);
    struct images set = { .c = C, .h = H, .w = W, .values = values };
    for (int i = 0; i < networks(); i++) {
        const struct model *m = groups(i);
        static const size_t counts[] = { MOST, MORE, MOST - 1 };
        struct engine e[3];
        char err[ERR_SIZE];
        if (!m)
            continue;
        for (int k = 0; k < 3; k++) {
            set.count = counts[k];
            cr_assert(engine_open(&e[k], m, 1, err) && whiten(&e[k], &set, NULL, err), "%s", err);
        }
        const size_t at = m->params[param_of(m, "stem.weight")].at, size = m->arena - at;
        cr_expect_arr_eq(e[0].arena + at, e[1].arena + at, size*sizeof(real), "%s", m->isa);
        cr_expect_arr_neq(e[0].arena + at, e[2].arena + at, size*sizeof(real), "%s", m->isa);
        for (int k = 0; k < 3; k++)
            engine_close(&e[k]);
    }
    free(values);
}

/* Patches times the filters have covariance 1, as far as eigenvalues are above 5e-4. */
Test(first_values, whiten_the_patches_of_the_training_images)
{
    enum { IMAGES = 300, C = 3, H = 8, W = 9, N = C*2*2, FILTERS = 10 };
    static real values[IMAGES*C*H*W];
    for (int i = 0; i < IMAGES; i++)
        for (int k = 0; k < C*H*W; k++) {
            double shared = random_normal(3, RANDOM_PROBE, (uint64_t)i, (uint64_t)(k % (H*W)));
            double own = random_normal(4, RANDOM_PROBE, (uint64_t)i, (uint64_t)k);
            values[i*C*H*W + k] = (real)(shared + 0.5*own);
        }
    const struct images set = { .count = IMAGES, .c = C, .h = H, .w = W, .values = values };
    for (int i = 0; i < networks(); i++) {
        const struct model *m = groups(i);
        struct engine e;
        char err[ERR_SIZE];
        if (!m)
            continue;
        cr_assert(engine_open(&e, m, 1, err), "%s", err);
        params_init(&e, 1, -1);
        cr_assert(whiten(&e, &set, NULL, err), "%s", err);
        const struct param *p = &m->params[param_of(m, "stem.weight")];
        double products[FILTERS][FILTERS] = { { 0 } };
        for (int n = 0; n < IMAGES; n++)
            for (int y = 0; y + 2 <= H; y++)
                for (int x = 0; x + 2 <= W; x++) {
                    double out[FILTERS] = { 0 };
                    for (int f = 0; f < FILTERS; f++)
                        for (int k = 0; k < N; k++)
                            out[f] += (double)e.arena[p->at + params_index(p, (size_t)(f*N + k))]
                                      *(double)values[((n*C + k / 4)*H + y + k / 2 % 2)*W
                                                      + x + k % 2];
                    for (int f = 0; f < FILTERS; f++)
                        for (int g = 0; g < FILTERS; g++)
                            products[f][g] += out[f]*out[g] / (IMAGES*(H - 1)*(W - 1));
                }
        for (int f = 0; f < FILTERS; f++)
            for (int g = 0; g < FILTERS; g++) {
                double expected = f == g ? 1 : abs(f - g) == FILTERS/2 ? -1 : 0;
                cr_expect(fabs(products[f][g] - expected) < 0.01, "%s: filters %d, %d: %g", m->isa,
                          f, g, products[f][g]);
            }
        engine_close(&e);
    }
}
