/*
** test_exact.c - kernels on small integers, whose sums are exact: scores and gradients equal the
** oracle's to the bit, and each other by what convolutions are: adjoint, linear, the same at every
** place. What Winograd computes has fractions that are not exact; it comes to the exact number but
** for a bound.
** Built once for f32 and once for f64.
*/
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "core/params.h"
#include "kernel/exact_networks.h"
#include "support/engines.h"
#include "support/networks.h"

/* How far Winograd's results may be from the exact ones, of the greatest of their tensor. */
#define ROUNDED (sizeof(real) == 4 ? 1.5e-6 : 3e-15)

/* What holds of a network besides: CHAIN: layers one after another, each of the first degree in its
** weights; LINEAR: in the images; SHIFTS: at every place. SMALL: much smaller
** numbers, which limits cut off less. BALANCED: images of 1 and -1, as many of each in a channel,
** and filters that pass one channel on, for batch normalisations. DROPS: in training alone. */
enum { CHAIN = 1, LINEAR = 2, SHIFTS = 4, WINOGRAD = 8, SMALL = 16, BALANCED = 32,
       DROPS = 64 };

static const struct exact { const char *net; int holds; } exact[] = {
    { "again", CHAIN }, { "big_kernel", CHAIN }, { "deep", CHAIN }, { "depth_rows", CHAIN },
    { "even", CHAIN }, { "fully", CHAIN }, { "k1", CHAIN }, { "lines", SMALL },
    { "pool_below", CHAIN }, { "pool_first", CHAIN }, { "pools", CHAIN },
    { "scores_map", CHAIN }, { "smoothed", CHAIN }, { "stride2", CHAIN }, { "stride_gaps", CHAIN },
    { "svm_sum", CHAIN }, { "exact_maps", CHAIN }, { "exact_blocks", DROPS },
    { "exact_norm", BALANCED },
    { "exact_linear", CHAIN | LINEAR },
    { "exact_shifts", CHAIN | SHIFTS },
    { "exact_winograd", CHAIN | SHIFTS | WINOGRAD },
};
enum { EXACT = sizeof exact / sizeof *exact };

bool is_exact(const struct model *m)
{
    int k = 0;
    while (k < EXACT && strcmp(m->name, exact[k].net))
        k++;
    return k < EXACT;
}

/* An engine and its oracle with the same numbers. */
struct pair {
    const struct exact *kind;
    struct engine e;
    struct oracle o;
    real *probe;                    /* [n][classes], as the engine has them */
};

static int draw(uint64_t seed, int what, size_t k, int count)
{
    return (int)(random_uniform(seed, RANDOM_CHECK, (uint64_t)what, k)*count);
}

/* Weights are zero but for some four of an output's inputs and two of an input's outputs, so that
** sums stay small and nothing is left out; most biases are positive, for a ReLU to let much
** through. */
static real weight(uint64_t seed, int param, size_t k, const struct param *p, int times)
{
    static const real slopes[] = { (real)0.5, -1, 2, 1 };
    if (p->role == ROLE_BIAS)
        return (real)(draw(seed, param, k, 5) - 1);
    if (p->kind == PARAM_VECTOR)
        return slopes[draw(seed, param, k, 4)];
    const int fan_out = p->kind == PARAM_CONV ? p->dim[0]*p->dim[2]*p->dim[3] : p->dim[0];
    const double share = times*fmax(4.0 / p->fan_in, 2.0 / fan_out);
    const int drawn = draw(seed, param, k, 1 << 16);
    return drawn < share*(1 << 16) ? drawn % 2 ? 1 : -1 : 0;
}

/* Filters of one place that pass a channel on. */
static real passed_on(const struct param *p, size_t k)
{
    const size_t channels = (size_t)p->dim[1], filter = k / channels;
    return k % channels != filter % channels ? 0 : filter % 3 ? 1 : -2;
}

/* biases: 0: none. Winograd's sums of whole numbers must not be 0, of which rounding makes what a
** ReLU lets through: the first bias adds a half. */
static void fill_weights(struct pair *p, uint64_t seed, int biases)
{
    const struct model *m = p->e.model;
    const int small = p->kind->holds & SMALL, balanced = p->kind->holds & BALANCED;
    const real half = p->kind->holds & WINOGRAD ? (real)0.5 : 0, unit = small ? (real)0x1p-6 : 1;
    for (int k = 0; k < m->nparams; k++) {
        const struct param *q = &m->params[k];
        for (size_t i = 0; i < params_count(q); i++)
            p->e.arena[q->at + params_index(q, i)] =
                balanced && q->kind == PARAM_CONV && q->dim[2] == 1 ? passed_on(q, i)
                : q->role != ROLE_BIAS ? weight(seed, k, i, q, small ? 3 : 1)
                : biases ? (weight(seed, k, i, q, 1) + half*(k == 1))*unit : 0;
    }
    engine_pack_all(&p->e);
}

static const real values[] = { 3, -1, 1, 2, -2, -3 };

static real *pixel(struct pair *p, int image, int y, int x)
{
    const struct model *m = p->e.model;
    return engine_input(&p->e, image) + (size_t)y*m->input_row + (size_t)(x*m->in_c);
}

static void fill_images(struct pair *p, uint64_t seed)
{
    const struct model *m = p->e.model;
    const real unit = p->kind->holds & SMALL ? (real)0x1p-6 : 1;
    for (int i = 0; i < p->o.n; i++)
        for (int y = 0; y < m->in_h; y++)
            for (int k = 0; k < m->in_w*m->in_c; k++)
                pixel(p, i, y, 0)[k] =
                    values[draw(seed, 1000 + i, (size_t)(y*m->in_w*m->in_c + k), 6)]*unit;
    for (int i = 0; i < p->o.n && p->kind->holds & BALANCED; i++)
        for (int y = 0; y < m->in_h; y++)
            for (int k = 0; k < m->in_w*m->in_c; k++) {
                real *to = pixel(p, i, y, 0) + k;
                *to = k / m->in_c % 2 ? -to[-m->in_c] : *to > 0 ? 1 : -1;
            }
}

static void fill_probe(struct pair *p, uint64_t seed)
{
    for (int k = 0; k < p->o.n*p->e.model->classes; k++)
        p->probe[k] = values[draw(seed, 999, (size_t)k, 4)];
}

static void open_pair(struct pair *p, const struct exact *kind, const struct model *m, int n,
                      int threads)
{
    *p = (struct pair){ .kind = kind };
    open_engine(&p->e, m, threads);
    oracle_open(&p->o, m, n);
    p->probe = calloc((size_t)(n*m->classes), sizeof *p->probe);
    cr_assert(p->probe);
}

static void close_pair(struct pair *p)
{
    free(p->probe);
    oracle_close(&p->o);
    engine_close(&p->e);
}

static void run_oracle(struct pair *p)
{
    const struct model *m = p->e.model;
    load_oracle(&p->o, &p->e);
    oracle_forward(&p->o);
    for (int k = 0; k < p->o.n*m->classes; k++)
        p->o.dscores[k] = (double)p->probe[score_place(m, k)];
    oracle_gradients(&p->o);
}

/* Of a tensor: how much is not zero, how far it is from the oracle's. */
struct compared { size_t count, nonzero; double largest, unit, difference; };

static void compare(struct compared *c, double found, double expected)
{
    int power;
    c->count++;
    c->nonzero += expected != 0;
    c->largest = fmax(c->largest, fabs(expected));
    c->difference = fmax(c->difference, isnan(found) ? INFINITY : fabs(found - expected));
    for (double unit = frexp(fabs(expected), &power) ? ldexp(1, power) : 0; unit > 0; unit /= 2)
        if (fmod(expected, unit) == 0) {
            c->unit = c->unit > 0 ? fmin(c->unit, unit) : unit;
            break;
        }
}

static void expect_equal(const struct pair *p, const struct compared *c, const char *what)
{
    const struct model *m = p->e.model;
    const double bound = p->kind->holds & WINOGRAD ? ROUNDED*c->largest : 0;
    /* A quarter: there are taps that meet padding alone. */
    cr_expect(p->o.n > 1 ? 4*c->nonzero > c->count : c->nonzero > 0,
              "%s %s, %d images: untrustworthy: of %zu %s %zu are not 0", m->name, m->isa, p->o.n,
              c->count, what, c->nonzero);
    cr_expect(c->difference <= bound && bound < c->unit / 2,
              "%s %s, %d images: %s differ by %g of %g, whose unit is %g", m->name, m->isa, p->o.n,
              what, c->difference, c->largest, c->unit);
}

static void check_scores(const struct pair *p, const char *what)
{
    const struct model *m = p->e.model;
    struct compared scores = { 0 };
    for (int k = 0; k < p->o.n*m->classes; k++) {
        int place = score_place(m, k);
        compare(&scores, (double)engine_scores(&p->e, place / m->classes)[place % m->classes],
                p->o.scores[k]);
    }
    expect_equal(p, &scores, what);
}

static void check_pair(struct pair *p)
{
    const struct model *m = p->e.model;
    run_oracle(p);
    engine_probe(&p->e, p->o.n, p->probe);
    check_scores(p, "scores");
    for (int k = 0; k < m->nparams; k++) {
        const struct param *q = &m->params[k];
        struct compared gradient = { 0 };
        for (size_t i = 0; i < params_count(q); i++)
            compare(&gradient, (double)p->e.arena[q->m + params_index(q, i)], p->o.grad[k][i]);
        if (q->role != ROLE_STATISTIC)
            expect_equal(p, &gradient, q->name);
    }
    if (p->kind->holds & (BALANCED | DROPS))
        return;
    engine_infer(&p->e, p->o.n);
    check_scores(p, "scores of inference");
}

/* Calls body for every network of the table that runs here. */
static void each(int holds, void body(const struct exact *kind, const struct model *m))
{
    int found = 0;
    for (int k = 0; k < EXACT; k++)
        for (int i = 0; i < networks(); i++)
            if (runnable(i) && !strcmp(network(i)->name, exact[k].net)) {
                found += network(i) == widest(network(i));
                if ((exact[k].holds & holds) == holds)
                    body(&exact[k], network(i));
            }
    cr_assert_eq(found, EXACT, "%d of the table's %d networks are there", found, EXACT);
}

static void equals_oracle(const struct exact *kind, const struct model *m)
{
    const struct { int n, threads; } runs[] = { { m->batch, 2 }, { some_images(m), 3 }, { 1, 8 } };
    for (size_t k = 0; k < sizeof runs / sizeof *runs; k++) {
        struct pair p;
        open_pair(&p, kind, m, runs[k].n, runs[k].threads);
        fill_weights(&p, k + 1, 1);
        fill_images(&p, k + 1);
        fill_probe(&p, k + 1);
        check_pair(&p);
        close_pair(&p);
    }
}

Test(exact, scores_and_gradients_equal_the_oracle)
{
    each(0, equals_oracle);
}

/* y = Wx: <dW, W> is <dy, y>, whatever layers are above, whose data gradients make dy; and the loss
** is <probe, scores>. */
static void is_adjoint(const struct exact *kind, const struct model *m)
{
    struct pair p;
    double scores = 0;
    open_pair(&p, kind, m, m->batch, 2);
    fill_weights(&p, 4, 0);
    fill_images(&p, 4);
    fill_probe(&p, 4);
    double loss = engine_probe(&p.e, m->batch, p.probe);
    for (int i = 0; i < m->batch; i++)
        for (int j = 0; j < m->classes; j++)
            scores += (double)p.probe[i*m->classes + j]*(double)engine_scores(&p.e, i)[j];
    const double bound = kind->holds & WINOGRAD ? ROUNDED : 0;
    cr_expect(fabs(loss - scores) <= bound*fabs(scores), "%s %s: loss %.17g, not %.17g", m->name,
              m->isa, loss, scores);
    for (int k = 0; k < m->nparams; k++) {
        const struct param *q = &m->params[k];
        double product = 0, terms = 0;
        for (size_t i = 0; q->kind != PARAM_VECTOR && i < params_count(q); i++) {
            const size_t at = params_index(q, i);
            product += (double)p.e.arena[q->at + at]*(double)p.e.arena[q->m + at];
            terms += fabs((double)p.e.arena[q->at + at]*(double)p.e.arena[q->m + at]);
        }
        cr_expect(q->kind == PARAM_VECTOR || terms > fabs(scores) / 2, "%s: untrustworthy: %s: %g",
                  m->name, q->name, terms);
        cr_expect(q->kind == PARAM_VECTOR || fabs(product - scores) <= bound*terms,
                  "%s %s: <dW, W> of %s is %.17g, <dy, y> %.17g", m->name, m->isa, q->name,
                  product, scores);
    }
    cr_expect(scores != 0, "%s: untrustworthy: <dy, y> is 0", m->name);
    close_pair(&p);
}

Test(exact, gradients_are_adjoint_to_the_forward_pass)
{
    each(CHAIN, is_adjoint);
}

/* Scores, then all gradients, for the probe that is in p. */
static size_t outputs(struct pair *p, double *out)
{
    const struct model *m = p->e.model;
    size_t count = 0;
    engine_probe(&p->e, p->o.n, p->probe);
    for (int i = 0; i < p->o.n; i++)
        for (int j = 0; j < m->classes; j++)
            out[count++] = (double)engine_scores(&p->e, i)[j];
    for (int k = 0; k < m->nparams; k++)
        for (size_t i = 0; i < params_count(&m->params[k]); i++)
            out[count++] = (double)p->e.arena[m->params[k].m + params_index(&m->params[k], i)];
    return count;
}

/* Does f of a sum equal the sum of f of both? From `from` on; of all that runs() filled. */
static void expect_sum(const struct pair *p, double *const out[3], size_t from, size_t end,
                       const char *what)
{
    struct compared c = { 0 };
    for (size_t i = from; i < end; i++)
        compare(&c, out[2][i], out[0][i] + out[1][i]);
    c.unit = INFINITY;
    expect_equal(p, &c, what);
}

/* Gradients are linear in the probe, scores of linear networks in the images. */
static void is_linear(const struct exact *kind, const struct model *m)
{
    struct pair p;
    double *out[3];
    size_t count = (size_t)(m->batch*m->classes), scores = count;
    for (int k = 0; k < m->nparams; k++)
        count += params_count(&m->params[k]);
    open_pair(&p, kind, m, m->batch, 2);
    fill_weights(&p, 5, 0);
    fill_images(&p, 5);
    for (int k = 0; k < 3; k++) {
        out[k] = calloc(count, sizeof **out);
        cr_assert(out[k]);
        fill_probe(&p, k < 2 ? 6 + (uint64_t)k : 6);
        for (int i = 0; k == 2 && i < (int)scores; i++)
            p.probe[i] += values[draw(7, 999, (size_t)i, 4)];
        outputs(&p, out[k]);
    }
    expect_sum(&p, out, scores, count, "gradients of a sum of probes");
    for (int k = 0; k < 3 && kind->holds & LINEAR; k++) {
        fill_images(&p, k == 1 ? 9 : 8);
        for (int i = 0; k == 2 && i < m->batch; i++)
            for (int y = 0; y < m->in_h; y++)
                for (int x = 0; x < m->in_w*m->in_c; x++)
                    pixel(&p, i, y, 0)[x] +=
                        values[draw(9, 1000 + i, (size_t)(y*m->in_w*m->in_c + x), 6)];
        outputs(&p, out[k]);
    }
    if (kind->holds & LINEAR)
        expect_sum(&p, out, 0, scores, "scores of a sum of images");
    for (int k = 0; k < 3; k++)
        free(out[k]);
    close_pair(&p);
}

Test(exact, gradients_are_linear_and_scores_where_the_network_is)
{
    each(0, is_linear);
}

/* A patch of side x side pixels in the middle of zeros, and further down and to the right in each
** image after the first: no edge is near. */
static const int shift_y[] = { 0, 1, 2, 3 }, shift_x[] = { 0, 3, 1, 2 };
enum { SHIFTED = sizeof shift_y / sizeof *shift_y };

static void place_patches(struct pair *p, int side, uint64_t seed)
{
    const struct model *m = p->e.model;
    const int top = (m->in_h - side) / 2 - 1, left = (m->in_w - side) / 2 - 1;
    for (int i = 0; i < SHIFTED; i++) {
        for (int y = 0; y < m->in_h; y++)
            for (int k = 0; k < m->in_w*m->in_c; k++)
                pixel(p, i, y, 0)[k] = 0;
        for (int k = 0; k < side*side*m->in_c; k++)
            pixel(p, i, top + shift_y[i] + k / m->in_c / side,
                  left + shift_x[i] + k / m->in_c % side)[k % m->in_c] =
                values[draw(seed, 0, (size_t)k, 6)];
    }
}

static void shifts(const struct exact *kind, const struct model *m)
{
    struct pair p;
    open_pair(&p, kind, m, SHIFTED, 2);
    fill_weights(&p, 10, 0);
    for (int side = 1; side <= 2; side++) {
        place_patches(&p, side, 11);
        engine_forward(&p.e, SHIFTED, MODE_CHECK);
        struct compared c = { 0 };
        for (int i = 1; i < SHIFTED; i++)
            for (int y = shift_y[i]; y < m->out_h; y++)
                for (int k = shift_x[i]*m->out_c; k < m->out_w*m->out_c; k++) {
                    const int row = m->out_w*m->out_c;
                    compare(&c, (double)engine_scores(&p.e, i)[y*row + k],
                            (double)engine_scores(&p.e, 0)[(y - shift_y[i])*row + k
                                                           - shift_x[i]*m->out_c]);
                }
        const double bound = kind->holds & WINOGRAD ? 2*ROUNDED*c.largest : 0;
        cr_expect(c.difference <= bound, "%s %s: a patch of %d pixels shifted differs by %g of %g",
                  m->name, m->isa, side, c.difference, c.largest);
        cr_expect(c.nonzero > 30, "%s: untrustworthy: of %zu %zu are not 0", m->name, c.count,
                  c.nonzero);
    }
    close_pair(&p);
}

Test(exact, an_impulse_and_a_patch_give_the_same_at_every_place)
{
    each(SHIFTS, shifts);
}
