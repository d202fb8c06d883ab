/*
** exact.c - errors in ulps.
*/
#include "kernel/exact.h"

#if !LATHE_F64
#include <math.h>
#include <string.h>

/* fmax and fmin heed NaN, which costs a call. */
static inline double larger(double a, double b) { return a > b ? a : b; }
static inline double smaller(double a, double b) { return a < b ? a : b; }

static inline double error_of(const struct curve *c, real out, double y)
{
    const double most = 0x1p128, a = (double)out;
    const double size = smaller(larger(larger(fabs(y), c->least), 0x1p-126), 0x1p127);
    uint64_t bits;
    double ulp;
    memcpy(&bits, &size, sizeof bits);
    bits = (bits & 0x7ff0000000000000) - ((uint64_t)23 << 52);
    memcpy(&ulp, &bits, sizeof ulp);
    double error = fabs(smaller(larger(a, -most), most) - smaller(larger(y, -most), most)) / ulp;
    error = larger(fabs(y), fabs(a)) <= c->small ? 0 : error;
    return out == out ? error : INFINITY;
}

/* An input that is not finite, or a zero, whose sign counts. */
static double special_error(const struct curve *c, real x, real out, double error)
{
    real limit = c->limit[x > 0 ? 2 : x < 0 ? 0 : 1];
    if (x != x)
        return out != out ? 0 : INFINITY;
    if (x == 0)
        return limit == 0 && signbit(out) != signbit(x) ? INFINITY : error;
    return out == limit || (limit == 0 && fabs((double)out) <= c->small) ? 0 : INFINITY;
}

void exact_worst(int curve, const real *x, const real *out, int n, double *worst, real *at)
{
    enum { PART = 1024 };
    const struct curve *c = &curves[curve];
    double in[PART], y[PART];
    for (int from = 0; from < n; from += PART) {
        const int count = n - from < PART ? n - from : PART;
        const real *px = x + from, *p = out + from;
        int64_t bits, most = 0;         /* of errors, whose order is theirs; and made vectors of */
        int special = 0;
        for (int i = 0; i < count; i++) {
            int finite = fabsf(px[i]) < INFINITY;
            in[i] = finite ? (double)px[i] : 0;
            special |= !finite || px[i] == 0;
        }
        exact_values(curve, in, y, count);
        for (int i = 0; i < count; i++) {
            double error = error_of(c, p[i], y[i]);
            memcpy(&bits, &error, sizeof bits);
            most = bits > most ? bits : most;
        }
        memcpy(&bits, worst, sizeof bits);
        for (int i = 0; i < count && (special || most > bits); i++) {
            double error = error_of(c, p[i], y[i]);
            if (in[i] == 0)
                error = special_error(c, px[i], p[i], error);
            if (error > *worst) {
                *worst = error;
                *at = px[i];
            }
        }
    }
}
#endif
