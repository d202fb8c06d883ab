/*
** test_optim.c - every optimizer on every instruction set that runs here: against the
** course's formulas in plain double arithmetic, on the inputs of the course's notebook,
** whose published results they reach.
*/
#include <criterion/criterion.h>
#include <math.h>

#include "core/cpu.h"
#include "core/model.h"
#include "settings/optimizer.h"
#include "support/networks.h"

enum { N = 20, ROOM = 2*LANES };

#if LATHE_F64
#define BOUND 1e-14
#else
#define BOUND 4e-7
#endif

/* numpy.linspace(first, last, 20), padded with zeros. */
static void linspace(double first, double last, double *out)
{
    for (int k = 0; k < ROOM; k++)
        out[k] = k < N ? first + (last - first)*k/(N - 1) : 0;
}

struct state { double w[ROOM], g[ROOM], m[ROOM], v[ROOM]; };

/* One update by the formula of optimizer.h; reg 0, step t. */
static void formula(enum update_kind kind, struct state *s, const double rate[RATES], int t)
{
    double lr = rate[RATE_LR], b1 = rate[RATE_BETA1], b2 = rate[RATE_BETA2], eps = rate[RATE_EPS];
    for (int k = 0; k < N; k++) {
        double *w = &s->w[k], *m = &s->m[k], *v = &s->v[k], g = s->g[k], before = *m;
        switch (kind) {
        case UPDATE_SGD:
            *w -= lr*g;
            break;
        case UPDATE_MOMENTUM:
            *m = b1**m - lr*g;
            *w += *m;
            break;
        case UPDATE_NESTEROV:
            *m = b1**m - lr*g;
            *w += -b1*before + (1 + b1)**m;
            break;
        case UPDATE_ADAGRAD:
            *v += g*g;
            *w -= lr*g/(sqrt(*v) + eps);
            break;
        case UPDATE_RMSPROP:
            *v = b2**v + (1 - b2)*g*g;
            *w -= lr*g/(sqrt(*v) + eps);
            break;
        case UPDATE_ADAMW:
            *w *= 1 - lr*rate[RATE_WEIGHT_DECAY];
            /* fall through */
        case UPDATE_ADAM:
            *m = b1**m + (1 - b1)*g;
            *v = b2**v + (1 - b2)*g*g;
            *w -= lr*(*m/(1 - pow(b1, t)))/(sqrt(*v/(1 - pow(b2, t))) + eps);
            break;
        default:
            cr_assert_fail("no formula for optimizer %d", kind);
        }
    }
}

static void inputs(enum update_kind kind, struct state *s)
{
    linspace(-0.4, 0.6, s->w);
    linspace(-0.6, 0.4, s->g);
    linspace(0.6, 0.9, s->m);
    bool adam = kind == UPDATE_ADAM || kind == UPDATE_ADAMW;
    linspace(adam ? 0.7 : 0.6, adam ? 0.5 : 0.9, s->v);
}

/* The program's update of the same inputs, in `real`. */
static void update(const struct model *model, enum update_kind kind, struct state *s,
                   const double rate[RATES], int t, int weights, double reg)
{
    static _Alignas(ALIGN) real w[ROOM], m[ROOM], v[ROOM], g[ROOM];
    for (int k = 0; k < ROOM; k++) {
        w[k] = (real)s->w[k];
        m[k] = (real)s->m[k];
        v[k] = (real)s->v[k];
        g[k] = (real)s->g[k];
    }
    struct hyper h = {
        .lr = (real)rate[RATE_LR], .beta1 = (real)rate[RATE_BETA1],
        .reg = (real)(weights ? reg : 0),
        .beta2 = (real)rate[RATE_BETA2], .eps = (real)rate[RATE_EPS],
        .rest1 = (real)(1 - rate[RATE_BETA1]), .rest2 = (real)(1 - rate[RATE_BETA2]),
        .keep = (real)(weights ? 1 - rate[RATE_LR]*rate[RATE_WEIGHT_DECAY] : 1),
        .step = (real)(rate[RATE_LR]/(1 - pow(rate[RATE_BETA1], t))),
        .unbias2 = (real)(1/(1 - pow(rate[RATE_BETA2], t))),
    };
    double squares = model->update[kind](w, m, v, g, ROOM, &h), expected = 0;
    for (int k = 0; k < N; k++)
        expected += s->w[k]*s->w[k];
    cr_expect(fabs(squares - expected) <= 1e-6*expected, "sum of squares %g, not %g", squares,
              expected);
    for (int k = 0; k < ROOM; k++) {
        s->w[k] = (double)w[k];
        s->m[k] = (double)m[k];
        s->v[k] = (double)v[k];
    }
}

static void expect_near(const struct model *model, enum update_kind kind, const char *what,
                        const double *a, const double *b)
{
    for (int k = 0; k < ROOM; k++)
        cr_expect(fabs(a[k] - b[k]) <= BOUND*fmax(1, fabs(b[k])),
                  "%s %s: %s[%d] is %.17g, not %.17g", model->isa, optimizers[kind].word, what,
                  k, a[k], b[k]);
}

Test(optimizers, equal_their_formulas_on_every_instruction_set)
{
    for (int i = 0; i < networks(); i++)
        for (int k = UPDATE_SGD; k < UPDATE_MUON; k++) {
            const struct model *model = network(i);
            enum update_kind kind = (enum update_kind)k;
            struct state a, b;
            double rate[RATES];
            if (!cpu_has(model->isa))
                continue;
            optimizer_standard(kind, rate);
            inputs(kind, &a);
            inputs(kind, &b);
            for (int t = 1; t <= 3; t++) {
                formula(kind, &a, rate, t);
                update(model, kind, &b, rate, t, 1, 0);
            }
            expect_near(model, kind, "w", b.w, a.w);
            expect_near(model, kind, "m", b.m, a.m);
            expect_near(model, kind, "v", b.v, a.v);
        }
}

/* The first row of next_w in the notebook FullyConnectedNets.ipynb (eight digits). */
Test(optimizers, reach_the_notebooks_published_results)
{
    static const struct { enum update_kind kind; double lr; int t; double w[5]; } published[] = {
        { UPDATE_MOMENTUM, 1e-3, 1, { 0.1406, 0.20738947, 0.27417895, 0.34096842, 0.40775789 } },
        { UPDATE_RMSPROP, 1e-2, 1,
          { -0.39223849, -0.34037513, -0.28849239, -0.23659121, -0.18467247 } },
        { UPDATE_ADAM, 1e-2, 6,
          { -0.40094747, -0.34836187, -0.29577703, -0.24319299, -0.19060977 } },
    };
    for (size_t p = 0; p < sizeof published / sizeof *published; p++) {
        struct state s;
        double rate[RATES];
        optimizer_standard(published[p].kind, rate);
        rate[RATE_LR] = published[p].lr;
        inputs(published[p].kind, &s);
        update(network(networks() - 1), published[p].kind, &s, rate, published[p].t, 1, 0);
        for (int k = 0; k < 5; k++)
            cr_expect_float_eq(s.w[k], published[p].w[k], 6e-8, "%s: w[%d] is %.9g, not %.9g",
                               optimizers[published[p].kind].word, k, s.w[k], published[p].w[k]);
    }
}

Test(optimizers, leave_the_l2_term_and_weight_decay_off_biases)
{
    for (int k = UPDATE_SGD; k < UPDATE_MUON; k++) {     /* muon: test_rules.c */
        const struct model *model = network(networks() - 1);
        enum update_kind kind = (enum update_kind)k;
        struct state plain, bias, weight;
        double rate[RATES], none[RATES];
        optimizer_standard(kind, rate);
        optimizer_standard(kind, none);
        none[RATE_WEIGHT_DECAY] = 0;
        inputs(kind, &plain);
        inputs(kind, &bias);
        inputs(kind, &weight);
        update(model, kind, &plain, none, 1, 1, 0);
        update(model, kind, &bias, rate, 1, 0, 0.5);
        update(model, kind, &weight, rate, 1, 1, 0.5);
        cr_expect_arr_eq(plain.w, bias.w, sizeof plain.w, "%s", optimizers[kind].word);
        cr_expect_arr_neq(plain.w, weight.w, sizeof plain.w, "%s", optimizers[kind].word);
    }
}

Test(optimizers, table_names_what_the_words_name)
{
    const char *const *words = optimizer_words();
    int n = 0;
    for (; words[n]; n++) {
        enum update_kind kind = optimizer_find(words[n]);
        cr_assert_neq(kind, UPDATE_KINDS);
        cr_expect_str_eq(optimizers[kind].word, words[n]);
        cr_expect_not_null(optimizer_rate(kind, "lr"));
        cr_expect_null(optimizer_rate(kind, "nonsense"));
    }
    cr_expect_eq(n, UPDATE_MUON - 1);     /* which is for groups alone */
    cr_expect_eq(optimizer_find("adm"), UPDATE_KINDS);
}
