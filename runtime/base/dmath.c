/*
** dmath.c - functions of one double with the same bits everywhere. It must never
** call a libm function that is not exactly rounded.
*/
#include "base/dmath.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static const double dmath_ln2_high = 0x1.62e42fefa39efp-1, dmath_ln2_low = 0x1.abc9e3b39803fp-56;

static double dmath_from_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* 2^n for a normal result. */
static double dmath_pow2(int n)
{
    return dmath_from_bits((uint64_t)(n + 1023) << 52);
}

double math_exp(double x)
{
    if (x != x)
        return x;
    if (x > 710)
        x = 710;
    if (x < -746)
        x = -746;
    /* x = n*ln 2 + r; e^r by its Taylor series to r^13. */
    int n = (int)(x*0x1.71547652b82fep+0 + (x < 0 ? -0.5 : 0.5));
    double r = fma(-n, dmath_ln2_high, x);
    r = fma(-n, dmath_ln2_low, r);
    double p = 1;
    for (int k = 13; k > 0; k--)
        p = fma(p, r / k, 1);
    int half = n / 2;
    return p*dmath_pow2(half)*dmath_pow2(n - half);
}

double math_log(double x)
{
    uint64_t bits;
    int e = 0;
    if (x != x || x > 0x1.fffffffffffffp+1023)
        return x;
    if (x <= 0)
        return x < 0 ? (x - x) / (x - x) : -HUGE_VAL;
    if (x < 0x1p-1022) {
        x *= 0x1p54;
        e = -54;
    }
    memcpy(&bits, &x, sizeof bits);
    e += (int)(bits >> 52) - 1023;
    double m = dmath_from_bits((bits & 0xFFFFFFFFFFFFF) | (uint64_t)1023 << 52);
    if (m > 0x1.6a09e667f3bcdp+0) {
        m /= 2;
        e++;
    }
    /* log(m) = 2 atanh(s), s = (m - 1) / (m + 1), |s| < 0.172; the series to s^23.
    ** 2s = f - s*f with f = m - 1 exact, so only the correction is rounded. */
    double f = m - 1, s = f / (m + 1), z = s*s, q = 0;
    for (int k = 23; k > 1; k -= 2)
        q = fma(q, z, 1.0 / k);
    double rest = 2*z*q;                    /* log(m) = 2s + s*rest */
    double half_square = 0.5*f*f;
    double low = e*dmath_ln2_low;
    /* 2s = f - f*f/2 + s*f*f/2 */
    double tail = s*(half_square + rest) + low;
    return e*dmath_ln2_high - ((half_square - tail) - f);
}

/* x = n*pi/2 + r, |r| <= pi/4; pi/2 in three parts. */
static int dmath_reduce(double x, double *r)
{
    double n = rint(x*0x1.45f306dc9c883p-1);
    *r = fma(-n, 0x1.921fb54442d18p+0, x);
    *r = fma(-n, 0x1.1a62633145c07p-54, *r);
    return (int)((long long)n & 3);
}

static double dmath_sin_part(double r)
{
    double z = r*r, p = 0;
    for (int k = 19; k > 1; k -= 2)
        p = (p + (k % 4 == 1 ? 1 : -1))*z / (k*(k - 1.0));
    return r + r*p;
}

static double dmath_cos_part(double r)
{
    double z = r*r, p = 0;
    for (int k = 20; k > 0; k -= 2)
        p = (p + (k % 4 == 0 ? 1 : -1))*z / (k*(k - 1.0));
    return 1 + p;
}

double math_sin(double x)
{
    double r;
    int quadrant = dmath_reduce(x, &r);
    double v = quadrant & 1 ? dmath_cos_part(r) : dmath_sin_part(r);
    return quadrant & 2 ? -v : v;
}

double math_cos(double x)
{
    double r;
    int quadrant = dmath_reduce(x, &r);
    double v = quadrant & 1 ? dmath_sin_part(r) : dmath_cos_part(r);
    return quadrant == 1 || quadrant == 2 ? -v : v;
}

/* Numerator over denominator, coefficients from the highest power down. */
static double dmath_rational(double x, const double *top, const double *bottom)
{
    double n = top[0], d = bottom[0];
    for (int k = 1; k < 8; k++) {
        n = fma(n, x, top[k]);
        d = fma(d, x, bottom[k]);
    }
    return n / d;
}

double math_normal(double p)
{
    static const double a[] = { 2.5090809287301226727e3, 3.3430575583588128105e4,
        6.7265770927008700853e4, 4.5921953931549871457e4, 1.3731693765509461125e4,
        1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080e0 };
    static const double b[] = { 5.2264952788528545610e3, 2.8729085735721942674e4,
        3.9307895800092710610e4, 2.1213794301586595867e4, 5.3941960214247511077e3,
        6.8718700749205790830e2, 4.2313330701600911252e1, 1 };
    static const double c[] = { 7.74545014278341407640e-4, 2.27238449892691845833e-2,
        2.41780725177450611770e-1, 1.27045825245236838258e0, 3.64784832476320460504e0,
        5.76949722146069140550e0, 4.63033784615654529590e0, 1.42343711074968357734e0 };
    static const double d[] = { 1.05075007164441684324e-9, 5.47593808499534494600e-4,
        1.51986665636164571966e-2, 1.48103976427480074590e-1, 6.89767334985100004550e-1,
        1.67638483018380384940e0, 2.05319162663775882187e0, 1 };
    static const double e[] = { 2.01033439929228813265e-7, 2.71155556874348757815e-5,
        1.24266094738807843860e-3, 2.65321895265761230930e-2, 2.96560571828504891230e-1,
        1.78482653991729133580e0, 5.46378491116411436990e0, 6.65790464350110377720e0 };
    static const double f[] = { 2.04426310338993978564e-15, 1.42151175831644588870e-7,
        1.84631831751005468180e-5, 7.86869131145613259100e-4, 1.48753612908506148525e-2,
        1.36929880922735805310e-1, 5.99832206555887937690e-1, 1 };
    double q = p - 0.5;
    if (-0.425 <= q && q <= 0.425)
        return q*dmath_rational(0.180625 - q*q, a, b);
    double r = sqrt(-math_log(q < 0 ? p : 1 - p));
    double x = r <= 5 ? dmath_rational(r - 1.6, c, d) : dmath_rational(r - 5, e, f);
    return q < 0 ? -x : x;
}
