/*
** test_dmath.c - exp, log, sin, cos and the normal quantile against libm in
** long double. The bounds are those that dmath.h promises.
*/
#include <criterion/criterion.h>
#include <float.h>
#include <math.h>

#include "base/dmath.h"
#include "base/random.h"

enum { POINTS = 20000 };

/* Where the long double is no wider than the double, the reference is half an ulp off. */
static const double slack = LDBL_MANT_DIG > DBL_MANT_DIG ? 0 : 0.5;

static double at(uint64_t k, double low, double high)
{
    return low + (high - low)*random_uniform(11, RANDOM_CHECK, 0, k);
}

static double ulps(double got, long double exact)
{
    double near = (double)exact;
    double ulp = nextafter(fabs(near), INFINITY) - fabs(near);
    return (double)fabsl((got - exact)/ulp);
}

Test(dmath, exp_is_within_one_ulp)
{
    double worst = 0;
    for (uint64_t k = 0; k < POINTS; k++) {
        double x = at(k, -708, 709), near = at(k, -2, 2);
        worst = fmax(worst, fmax(ulps(math_exp(x), expl(x)), ulps(math_exp(near), expl(near))));
    }
    cr_expect_leq(worst, 1 + slack, "%g ulp", worst);
}

Test(dmath, exp_has_its_limits)
{
    cr_expect_eq(math_exp(0), 1);
    cr_expect_eq(math_exp(710), INFINITY);
    cr_expect_eq(math_exp(INFINITY), INFINITY);
    cr_expect_eq(math_exp(-746), 0);
    cr_expect_eq(math_exp(-INFINITY), 0);
    cr_expect(isnan(math_exp(NAN)));
}

Test(dmath, log_is_within_one_and_a_half_ulp)
{
    double worst = 0;
    for (uint64_t k = 0; k < POINTS; k++) {
        double x = at(k, 0, 3), wide = ldexp(at(k, 1, 2), (int)at(k + POINTS, -1070, 1023));
        if (x > 0)
            worst = fmax(worst, ulps(math_log(x), logl(x)));
        worst = fmax(worst, ulps(math_log(wide), logl(wide)));
    }
    cr_expect_leq(worst, 1.5 + slack, "%g ulp", worst);
}

Test(dmath, log_has_its_limits)
{
    cr_expect_eq(math_log(1), 0);
    cr_expect_eq(math_log(0), -INFINITY);
    cr_expect_eq(math_log(INFINITY), INFINITY);
    cr_expect(isnan(math_log(-1)));
    cr_expect(isnan(math_log(NAN)));
}

Test(dmath, sin_and_cos_are_exact_to_2_ulp_of_1)
{
    double worst = 0;
    for (uint64_t k = 0; k < POINTS; k++) {
        double x = at(k, -0x1p20, 0x1p20), near = at(k, -7, 7);
        worst = fmax(worst, (double)fabsl(math_sin(x) - sinl(x)));
        worst = fmax(worst, (double)fabsl(math_cos(x) - cosl(x)));
        worst = fmax(worst, (double)fabsl(math_sin(near) - sinl(near)));
        worst = fmax(worst, (double)fabsl(math_cos(near) - cosl(near)));
    }
    cr_expect_leq(worst, 0x1p-52, "%g", worst);
    cr_expect_eq(math_sin(0), 0);
    cr_expect_eq(math_cos(0), 1);
}

/* The quantile inverts the distribution, whose tail libm's erfc knows. */
Test(dmath, normal_inverts_the_distribution)
{
    double worst = 0;
    for (uint64_t k = 0; k < POINTS; k++) {
        double p = k % 2 ? at(k, 0, 0.5) : ldexp(at(k, 0.5, 1), -(int)at(k + POINTS, 1, 60));
        if (p <= 0)
            continue;
        long double x = math_normal(p), tail = erfcl(-x/sqrtl(2))/2;
        /* dp/p = -x dx for the far tail; divide by that slope. */
        long double density = expl(-x*x/2)/sqrtl(2*acosl(-1));
        worst = fmax(worst, (double)fabsl((tail - p)/density/fmaxl(fabsl(x), 0.1L)));
    }
    cr_expect_leq(worst, 3e-15, "%g", worst);
    cr_expect_eq(math_normal(0.5), 0);
    cr_expect_float_eq(math_normal(0.975), 1.959963984540054, 1e-15);
}
