/*
** exact_values.c - loops that a compiler with -ffast-math makes vectors of, where the C library has
** functions of vectors (glibc's are right to 4 ulps of double, 1e-8 of float). They take all time.
*/
#include "kernel/exact.h"

#if !LATHE_F64
#include <math.h>

static inline double curve_sigmoid(double x) { return 1 / (1 + exp(-x)); }
static inline double curve_normal(double x) { return 0.5*erfc(x*-0.70710678118654752440); }
static inline double curve_density(double x) { return 0.39894228040143267794*exp(-0.5*x*x); }
static inline double curve_gelu(double x) { return x*curve_normal(x); }
static inline double curve_silu(double x) { return x*curve_sigmoid(x); }
static inline double curve_log1p_exp(double x) { return log1p(exp(-fabs(x))); }
static inline double curve_elu(double x) { return x > 0 ? x : 1.25*expm1(x > 0 ? 0 : x); }

/* x*density(x) is 0*infinity far out. */
static inline double curve_gelu_grad(double x)
{
    double near = fmin(fmax(x, -40), 40);
    return curve_normal(x) + near*curve_density(near);
}

static inline double curve_silu_grad(double x)
{
    double near = fmin(fmax(x, -800), 800), share = curve_sigmoid(near);
    return share + near*share*curve_sigmoid(-near);
}

static inline double curve_hardsigmoid(double x)
{
    return x <= -3 ? 0 : x >= 3 ? 1 : (x + 3) / 6;
}

static inline double curve_hardswish(double x)
{
    return x <= -3 ? 0 : x >= 3 ? x : x*((x + 3) / 6);
}

static inline double curve_hardswish_grad(double x)
{
    return x <= -3 ? 0 : x >= 3 ? 1 : (2*x + 3) / 6;
}

#define CURVE(name, f)                                                          \
    static void name(const double *x, double *y, int n)                         \
    {                                                                           \
        for (int i = 0; i < n; i++)                                             \
            y[i] = f(x[i]);                                                     \
    }
CURVE(exp_all, exp)
CURVE(sigmoid_all, curve_sigmoid)
CURVE(tanh_all, tanh)
CURVE(normal_all, curve_normal)
CURVE(gelu_all, curve_gelu)
CURVE(gelu_grad_all, curve_gelu_grad)
CURVE(silu_all, curve_silu)
CURVE(silu_grad_all, curve_silu_grad)
CURVE(log1p_exp_all, curve_log1p_exp)
CURVE(elu_all, curve_elu)
CURVE(hardsigmoid_all, curve_hardsigmoid)
CURVE(hardswish_all, curve_hardswish)
CURVE(hardswish_grad_all, curve_hardswish_grad)

/* In the table's order. */
static void (*const values[CURVES])(const double *, double *, int) = {
    exp_all, sigmoid_all, tanh_all, normal_all, gelu_all, gelu_grad_all, silu_all, silu_grad_all,
    log1p_exp_all, elu_all, hardsigmoid_all, hardswish_all, hardswish_grad_all };

void exact_values(int curve, const double *x, double *y, int n)
{
    values[curve](x, y, n);
}
#endif
