/*
** test_simd.c - the words of the SIMD vocabulary: what scalar.h says, and the same
** bits from every instruction set that this CPU runs. In f32 and in f64.
*/
#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/exact.h"
#include "kernel/simd_cases.h"

extern const struct simd_words simd_words_scalar;

/* Calls body for the words of every instruction set that runs here. */
static void each(void body(const struct simd_words *w))
{
    const struct simd_words *words[4];
    int n = simd_runnable(words);
    for (int i = 0; i < n; i++)
        body(words[i]);
}

static void fill(real *a, real value)
{
    for (int i = 0; i < LANES; i++)
        a[i] = value;
}

static void expect_all(const struct simd_words *w, const real *out, real value, const char *what)
{
    for (int i = 0; i < LANES; i++)
        cr_expect(!memcmp(&out[i], &value, sizeof value) || (out[i] != out[i] && value != value),
                  "%s: %s: lane %d is %.17g, not %.17g", w->isa, what, i, (double)out[i],
                  (double)value);
}

static void equal_scalar(const struct simd_words *w)
{
    cr_expect(simd_hash(w) == simd_hash(&simd_words_scalar), "%s differs from scalar", w->isa);
}

Test(words, have_the_same_bits_on_every_instruction_set)
{
    each(equal_scalar);
}

static void fma_rounds_once(const struct simd_words *w)
{
    real a[LANES], b[LANES], c[LANES], out[LANES];
#if LATHE_F64
    fill(a, 1 + 0x1p-52);
    fill(b, 1 - 0x1p-52);
    fill(c, -1);
    w->fma(out, a, b, c);
    expect_all(w, out, -0x1p-104, "fma");
#else
    /* The product is 1 - 2^-46: added in double and rounded twice it would give a tie,
    ** and 16777220. */
    fill(a, 1 + 0x1p-23f);
    fill(b, 1 - 0x1p-23f);
    fill(c, 0x1p24f + 2);
    w->fma(out, a, b, c);
    expect_all(w, out, 16777218, "fma");
#endif
}

Test(words, fma_rounds_once)
{
    each(fma_rounds_once);
}

static void product_and_sum_round_twice(const struct simd_words *w)
{
    real a[LANES], b[LANES], c[LANES], out[LANES];
    real tiny = LATHE_F64 ? (real)0x1p-52 : (real)0x1p-23;
    fill(a, 1 + tiny);
    fill(b, 1 - tiny);
    fill(c, -1);
    w->mul_add(out, a, b, c);       /* contracted it would be -tiny^2 */
    expect_all(w, out, 0, "add(mul)");
}

Test(words, a_product_and_a_sum_are_not_contracted)
{
    each(product_and_sum_round_twice);
}

static void max_order(const struct simd_words *w)
{
    real a[LANES], b[LANES], out[LANES];
    const real nan = (real)NAN;
    const struct { real a, b, max; } cases[] = {
        { nan, 1, 1 }, { 1, nan, nan }, { 0, -(real)0.0, -(real)0.0 }, { -(real)0.0, 0, 0 },
        { 2, 1, 2 }, { 1, 2, 2 },
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        fill(a, cases[k].a);
        fill(b, cases[k].b);
        w->max(out, a, b);
        expect_all(w, out, cases[k].max, "max");
    }
}

Test(words, max_is_a_if_greater_else_b_also_for_nan_and_signed_zeros)
{
    each(max_order);
}

static void relu_keeps_nan(const struct simd_words *w)
{
    real a[LANES], out[LANES];
    const struct { real a, relu; } cases[] = {
        { (real)NAN, (real)NAN }, { -1, 0 }, { 3, 3 }, { -(real)INFINITY, 0 },
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        fill(a, cases[k].a);
        w->relu(out, a);
        expect_all(w, out, cases[k].relu, "relu");
    }
}

Test(words, relu_keeps_nan)
{
    each(relu_keeps_nan);
}

static void flush_small(const struct simd_words *w)
{
    real a[LANES], out[LANES];
    const real limit = (real)0x1p-64;
    const struct { real a, flushed; } cases[] = {
        { limit, limit }, { -limit, -limit }, { limit / 2, 0 }, { -limit / 2, 0 },
        { -(real)0.0, 0 }, { (real)NAN, (real)NAN }, { 1, 1 },
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        fill(a, cases[k].a);
        w->flush(out, a, limit);
        expect_all(w, out, cases[k].flushed, "flush");
    }
}

Test(words, flush_makes_small_values_positive_zero_and_keeps_nan)
{
    each(flush_small);
}

static void one_of_four(const struct simd_words *w)
{
    const real four[] = { 1.5, -2.25, (real)1e30, -0.0 };
    uint8_t which[LANES];
    real out[LANES];
    for (int from = 0; from < 4; from++) {
        for (int i = 0; i < LANES; i++)
            which[i] = (uint8_t)((i*3 + i / 4 + from) % 4);
        w->choose(out, four, which);
        for (int i = 0; i < LANES; i++)
            cr_expect_arr_eq(&out[i], &four[which[i]], sizeof *out, "%s: lane %d", w->isa, i);
    }
}

Test(words, choose_takes_what_the_lane_says)
{
    each(one_of_four);
}

static void columns_of_rows(const struct simd_words *w)
{
    enum { ROW = LANES + 3 };
    real in[LANES*ROW], out[LANES*LANES];
    for (int i = 0; i < LANES*ROW; i++)
        in[i] = (real)i;
    w->columns(out, in, ROW);
    for (int c = 0; c < w->vl; c++)
        for (int r = 0; r < w->vl; r++)
            cr_expect_eq(out[c*w->vl + r], in[r*ROW + c], "%s: row %d, column %d", w->isa, r, c);
}

Test(words, columns_turn_rows_over)
{
    each(columns_of_rows);
}

static void sum_order(const struct simd_words *w)
{
    /* Any other order of these gives other bits. */
    real lanes[LANES], expected[LANES];
    for (int i = 0; i < LANES; i++)
        lanes[i] = expected[i] = (real)((i % 3 ? 1 : 1e9) / (3.1 + 1.7*i));
    for (int width = LANES / 2; width; width /= 2)
        for (int i = 0; i < width; i++)
            expected[i] += expected[i + width];
    real in_order = 0;
    for (int i = 0; i < LANES; i++)
        in_order += lanes[i];
    cr_assert(in_order != expected[0], "the values do not tell orders apart");
    cr_expect(w->sum(lanes) == expected[0], "%s: sum %.17g, not %.17g", w->isa,
              (double)w->sum(lanes), (double)expected[0]);
}

Test(words, sum_folds_sixteen_lanes_by_8_4_2_1)
{
    each(sum_order);
}

static void bytes_round_trip(const struct simd_words *w)
{
    uint8_t in[256], out[256];
    for (int i = 0; i < 256; i++)
        in[i] = (uint8_t)(i*37);
    for (int i = 0; i < 256; i += LANES)
        w->bytes(out + i, in + i);
    cr_expect(!memcmp(in, out, sizeof in), "%s: bytes change", w->isa);
}

Test(words, bytes_survive_the_way_through_reals)
{
    each(bytes_round_trip);
}

/* Memory whose end is followed by a page that may not be touched. */
static char *page_end(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *p = mmap(NULL, 2*page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert(p != MAP_FAILED);
    cr_assert(!mprotect(p + page, page, PROT_NONE));
    return p + page;
}

static void parts_stay_inside(const struct simd_words *w)
{
    char *end = page_end();
    real in[LANES], out[LANES];
    for (int n = 1; n <= w->vl; n++) {
        real *edge = (real *)(void *)end - n;
        for (int i = 0; i < LANES; i++)
            in[i] = (real)(i + 1);
        memcpy(edge, in, (size_t)n*sizeof *edge);
        w->load_part(out, edge, n);
        for (int i = 0; i < w->vl; i++)
            cr_expect(out[i] == (i < n ? in[i] : 0), "%s: load_part %d, lane %d", w->isa, n, i);
        edge[-1] = 77;
        w->store_part(edge, in, n);
        cr_expect(edge[-1] == 77 && !memcmp(edge, in, (size_t)n*sizeof *edge),
                  "%s: store_part %d", w->isa, n);
        real small[LANES + 2] = { 0 };
        w->store_part(small + 1, in, n);
        cr_expect(small[0] == 0 && small[n + 1] == 0, "%s: store_part %d writes more", w->isa, n);
    }
}

Test(words, parts_read_and_write_no_other_lane)
{
    each(parts_stay_inside);
}

static void byte_parts_stay_inside(const struct simd_words *w)
{
    uint8_t *end = (uint8_t *)page_end();
    real in[LANES], out[LANES];
    for (int n = 1; n <= w->vl; n++) {
        uint8_t *edge = end - n;
        for (int i = 0; i < LANES; i++)
            in[i] = (real)(i*13 % 256);
        edge[-1] = 77;
        w->store_u8_part(edge, in, n);
        cr_expect(edge[-1] == 77, "%s: store_u8_part %d", w->isa, n);
        w->load_u8_part(out, edge, n);
        for (int i = 0; i < w->vl; i++)
            cr_expect(out[i] == (i < n ? in[i] : 0), "%s: byte part %d, lane %d", w->isa, n, i);
        uint8_t small[LANES + 2] = { 0 };
        w->store_u8_part(small + 1, in, n);
        cr_expect(small[n + 1] == 0, "%s: store_u8_part %d writes more", w->isa, n);
    }
}

Test(words, byte_parts_read_and_write_no_other_byte)
{
    each(byte_parts_stay_inside);
}

#if LATHE_F64
/* f32 has curves.h. */
static void exp_is_accurate(const struct simd_words *w)
{
    const double low = -700, high = 709, ulp = 0x1p-53;
    double worst = 0;
    real a[LANES], out[LANES];
    for (int k = 0; k < 20000; k++) {
        for (int i = 0; i < LANES; i++)
            a[i] = (real)(low + (high - low)*(k*LANES + i) / (20000.0*LANES));
        w->exp(out, a);
        for (int i = 0; i < LANES; i++) {
            long double exact = expl((long double)a[i]);
            worst = fmax(worst, (double)fabsl(((long double)out[i] - exact) / exact) / ulp);
        }
    }
    cr_expect(worst <= 4, "%s: exp is off by %g half ulps", w->isa, worst);
}

Test(vmath, exp_is_within_two_ulps)
{
    each(exp_is_accurate);
}

/* In half ulps of the exact value; x: the argument. */
struct bound {
    const char *name;
    long double (*exact)(long double x);
    double low, high;
    double relative, square;        /* bound: relative + square*x*x half ulps, */
    double absolute;                /* or so many half ulps of 1 */
};

static long double exact_sigmoid(long double x)
{
    return 1 / (1 + expl(-x));
}

static long double exact_normal(long double x)
{
    return erfcl(-x / sqrtl(2)) / 2;
}

static long double exact_gelu(long double x)
{
    return x*exact_normal(x);
}

static long double exact_gelu_slope(long double x)
{
    return exact_normal(x) + x*expl(-x*x / 2) / sqrtl(2*acosl(-1));
}

static long double exact_silu(long double x)
{
    return x*exact_sigmoid(x);
}

static long double exact_silu_slope(long double x)
{
    long double s = exact_sigmoid(x);
    return s + x*s*exact_sigmoid(-x);
}

static long double exact_log1p_exp(long double x)
{
    return log1pl(expl(-fabsl(x)));
}

static long double exact_elu(long double x)
{
    return x > 0 ? x : 1.25L*expm1l(x);
}

static long double exact_hardsigmoid(long double x)
{
    return fminl(fmaxl(x + 3, 0), 6) / 6;
}

static long double exact_hardswish(long double x)
{
    return x*exact_hardsigmoid(x);
}

static long double exact_hardswish_slope(long double x)
{
    return x <= -3 ? 0 : x >= 3 ? 1 : (2*x + 3) / 6;
}

static void hardswish_slope(const struct simd_words *w, real *out, const real *x)
{
    real one[LANES];
    fill(one, 1);
    w->hardswish_grad(out, one, x);
}

static void silu_slope(const struct simd_words *w, real *out, const real *x)
{
    real one[LANES];
    fill(one, 1);
    w->silu_grad(out, one, x);
}

static void gelu_slope(const struct simd_words *w, real *out, const real *x)
{
    real one[LANES];
    fill(one, 1);
    w->gelu_grad(out, one, x);
}

static void follow(const struct simd_words *w, const struct bound *c,
                   void (*word)(real *, const real *),
                   void (*slope)(const struct simd_words *, real *, const real *))
{
    const double half_ulp = 0x1p-53;
    real a[LANES], out[LANES];
    for (int k = 0; k < 2000; k++) {
        for (int i = 0; i < LANES; i++)
            a[i] = (real)(c->low + (c->high - c->low)*(k*LANES + i) / (2000.0*LANES));
        if (word)
            word(out, a);
        else
            slope(w, out, a);
        for (int i = 0; i < LANES; i++) {
            long double x = a[i], exact = c->exact(x);
            double error = (double)fabsl(out[i] - exact);
            double bound = (c->relative + c->square*(double)(x*x))*(double)fabsl(exact);
            if (bound < c->absolute)
                bound = c->absolute;
            cr_assert(error <= bound*half_ulp, "%s: %s(%.9Lg) = %.9g is off by %.3g half ulps",
                      w->isa, c->name, x, (double)out[i], error / half_ulp);
        }
    }
}

static void activations_are_accurate(const struct simd_words *w)
{
    static const struct bound sigmoid = { "sigmoid", exact_sigmoid, -40, 40, 8, 0, 0 };
    static const struct bound near = { "tanh", tanhl, -0.5, 0.5, 10, 0, 0 };
    static const struct bound tangent = { "tanh", tanhl, -20, 20, 10, 0, 0 };
    static const struct bound normal = { "normal", exact_normal, -10, 10, 14, 2, 0 };
    static const struct bound gelu = { "gelu", exact_gelu, -10, 10, 16, 2, 0 };
    static const struct bound silu = { "silu", exact_silu, -40, 40, 10, 0, 0 };
    static const struct bound silu_grad = { "silu_grad", exact_silu_slope, -40, 40, 12, 0, 12 };
    static const struct bound slope = { "gelu_grad", exact_gelu_slope, -10, 10, 12, 0, 12 };
    static const struct bound log1p_exp = { "log1p_exp", exact_log1p_exp, -40, 40, 12, 0, 0 };
    static const struct bound elu = { "elu", exact_elu, -40, 10, 14, 0, 0 };
    static const struct bound near_elu = { "elu", exact_elu, -0.01, 0.01, 14, 0, 0 };
    /* Of 3 + x below 0 bits are lost. */
    static const struct bound hardsigmoid = { "hardsigmoid", exact_hardsigmoid, -5, 5, 4, 0, 4 };
    static const struct bound hardswish = { "hardswish", exact_hardswish, -5, 5, 6, 0, 12 };
    static const struct bound hard_slope = { "hardswish_grad", exact_hardswish_slope, -5, 5, 4, 0,
                                             4 };
    follow(w, &log1p_exp, w->log1p_exp, NULL);
    follow(w, &elu, w->elu, NULL);
    follow(w, &near_elu, w->elu, NULL);
    follow(w, &hardsigmoid, w->hardsigmoid, NULL);
    follow(w, &hardswish, w->hardswish, NULL);
    follow(w, &hard_slope, NULL, hardswish_slope);
    follow(w, &sigmoid, w->sigmoid, NULL);
    follow(w, &near, w->tanh, NULL);
    follow(w, &tangent, w->tanh, NULL);
    follow(w, &normal, w->normal, NULL);
    follow(w, &gelu, w->gelu, NULL);
    follow(w, &silu, w->silu, NULL);
    follow(w, &slope, NULL, gelu_slope);
    follow(w, &silu_grad, NULL, silu_slope);
}

Test(vmath, activations_are_accurate_to_a_few_ulps)
{
    each(activations_are_accurate);
}
#else
/* The bounds and hashes of all inputs; `make ulp` takes all (docs/testing.md). */
static void curves_are_known(const struct simd_words *w)
{
    static real x[CURVE_SOME], out[CURVE_SOME];
    for (unsigned i = 0; i < CURVE_SOME; i++)
        x[i] = curve_input(i);
    for (int k = 0; k < CURVES; k++) {
        const struct curve *c = &curves[k];
        uint64_t hash = curve_hash_some(c, w);
        double worst = 0;
        real at = 0;
        cr_expect(hash == c->some, "%s: %s has other bits: hash %016" PRIx64, w->isa, c->name,
                  hash);
        curve_apply(c, w, x, out, CURVE_SOME);
        exact_worst(k, x, out, CURVE_SOME, &worst, &at);
        cr_expect(worst <= c->ulps, "%s: %s(%.9g) is off by %.4g ulp", w->isa, c->name, (double)at,
                  worst);
    }
}

Test(vmath, functions_keep_their_bounds_and_their_bits)
{
    each(curves_are_known);
}
#endif

static void activation_limits(const struct simd_words *w)
{
    const real inf = (real)INFINITY, nan = (real)NAN;
    const struct {
        void (*word)(real *, const real *);
        real a, result;
        const char *name;
    } cases[] = {
        { w->sigmoid, inf, 1, "sigmoid" }, { w->sigmoid, -inf, 0, "sigmoid" },
        { w->sigmoid, 0, (real)0.5, "sigmoid" }, { w->sigmoid, nan, nan, "sigmoid" },
        { w->tanh, inf, 1, "tanh" }, { w->tanh, -inf, -1, "tanh" }, { w->tanh, 0, 0, "tanh" },
        { w->tanh, nan, nan, "tanh" }, { w->normal, 100, 1, "normal" },
        { w->normal, -100, 0, "normal" },
        { w->normal, nan, nan, "normal" }, { w->gelu, 100, 100, "gelu" },
        { w->gelu, 0, 0, "gelu" }, { w->gelu, nan, nan, "gelu" },
        { w->gelu, inf, inf, "gelu" }, { w->gelu, -inf, 0, "gelu" }, { w->silu, 100, 100, "silu" },
        { w->silu, -inf, 0, "silu" }, { w->silu, 0, 0, "silu" }, { w->silu, nan, nan, "silu" },
        { w->log1p_exp, nan, nan, "log1p_exp" },
        { w->clip, -inf, (real)-1.5, "clip" }, { w->clip, inf, 2, "clip" },
        { w->clip, (real)-1.5, (real)-1.5, "clip" }, { w->clip, 1, 1, "clip" },
        { w->clip, nan, nan, "clip" }, { w->elu, inf, inf, "elu" },
        { w->elu, -inf, (real)-1.25, "elu" }, { w->elu, 0, 0, "elu" }, { w->elu, nan, nan, "elu" },
        { w->hardsigmoid, inf, 1, "hardsigmoid" }, { w->hardsigmoid, -inf, 0, "hardsigmoid" },
        { w->hardsigmoid, nan, nan, "hardsigmoid" }, { w->hardswish, inf, inf, "hardswish" },
        { w->hardswish, -inf, 0, "hardswish" }, { w->hardswish, -3, 0, "hardswish" },
        { w->hardswish, 3, 3, "hardswish" }, { w->hardswish, nan, nan, "hardswish" },
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        real a[LANES], out[LANES];
        fill(a, cases[k].a);
        cases[k].word(out, a);
        expect_all(w, out, cases[k].result, cases[k].name);
    }
}

Test(vmath, activations_have_their_limits_and_keep_nan)
{
    each(activation_limits);
}

static void exp_special(const struct simd_words *w)
{
    real a[LANES], out[LANES];
    const struct { real a, exp; } cases[] = {
        { 0, 1 }, { 1000, (real)INFINITY }, { -1000, 0 }, { (real)NAN, (real)NAN },
        { (real)INFINITY, (real)INFINITY }, { -(real)INFINITY, 0 },
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        fill(a, cases[k].a);
        w->exp(out, a);
        expect_all(w, out, cases[k].exp, "exp");
    }
}

Test(vmath, exp_overflows_to_infinity_underflows_to_zero_and_keeps_nan)
{
    each(exp_special);
}
