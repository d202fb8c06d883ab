/*
** pointwise_ops.c - what pointwise operators make of numbers (onnx.ai/onnx/operators). A row is all
** that an operator needs; which layer it comes to, functions.c tells.
*/
#include "exchange/pointwise.h"

#include <math.h>
#include <string.h>

#include "exchange/attribute.h"

#define OPERATOR(name, expression) \
    static double name(const struct onnx_node *n, const double *x, int count) \
    { (void)n; (void)count; return expression; }

OPERATOR(relu, fmax(x[0], 0))
OPERATOR(leaky_relu, x[0] > 0 ? x[0] : attribute_float(n, "alpha", 0.01)*x[0])
OPERATOR(elu, x[0] > 0 ? x[0] : attribute_float(n, "alpha", 1)*expm1(x[0]))
OPERATOR(celu, fmax(x[0], 0) + fmin(0, attribute_float(n, "alpha", 1)
               *expm1(x[0]/attribute_float(n, "alpha", 1))))
OPERATOR(selu, attribute_float(n, "gamma", 1.05070102214813232421875)
               *(x[0] > 0 ? x[0] : attribute_float(n, "alpha", 1.67326319217681884765625)
                                   *expm1(x[0])))
OPERATOR(thresholded, x[0] > attribute_float(n, "alpha", 1) ? x[0] : 0)
OPERATOR(sigmoid, 1/(1 + exp(-x[0])))
OPERATOR(hyperbolic, tanh(x[0]))
OPERATOR(softplus, x[0] > 30 ? x[0] : log1p(exp(x[0])))
OPERATOR(softsign, x[0]/(1 + fabs(x[0])))
OPERATOR(mish, x[0]*tanh(x[0] > 30 ? x[0] : log1p(exp(x[0]))))
OPERATOR(swish, x[0]/(1 + exp(-attribute_float(n, "alpha", 1)*x[0])))
OPERATOR(hardsigmoid, fmin(fmax(attribute_float(n, "alpha", 0.2)*x[0]
                                + attribute_float(n, "beta", 0.5), 0), 1))
OPERATOR(hardswish, x[0]*fmin(fmax(x[0] + 3, 0), 6)/6)
OPERATOR(gelu, strcmp(attribute_text(n, "approximate", "none"), "tanh")
               ? x[0]/2*(1 + erf(x[0]/sqrt(2)))
               : x[0]/2*(1 + tanh(sqrt(2/M_PI)*(x[0] + 0.044715*x[0]*x[0]*x[0]))))
OPERATOR(error_function, erf(x[0]))
OPERATOR(exponential, exp(x[0]))
OPERATOR(logarithm, log(x[0]))
OPERATOR(root, sqrt(x[0]))
OPERATOR(absolute, fabs(x[0]))
OPERATOR(negative, -x[0])
OPERATOR(reciprocal, 1/x[0])
OPERATOR(down, floor(x[0]))
OPERATOR(up, ceil(x[0]))
OPERATOR(subtract, x[0] - x[1])
OPERATOR(divide, x[0]/x[1])
OPERATOR(power, pow(x[0], x[1]))

static double add(const struct onnx_node *n, const double *x, int count)
{
    double sum = 0;
    (void)n;
    for (int k = 0; k < count; k++)
        sum += x[k];
    return sum;
}

static double multiply(const struct onnx_node *n, const double *x, int count)
{
    (void)n;
    (void)count;
    return x[0]*x[1];
}

static double mean(const struct onnx_node *n, const double *x, int count)
{
    return add(n, x, count)/count;
}

static double greatest(const struct onnx_node *n, const double *x, int count)
{
    double most = x[0];
    (void)n;
    for (int k = 1; k < count; k++)
        most = x[k] > most ? x[k] : most;
    return most;
}

static double least(const struct onnx_node *n, const double *x, int count)
{
    double least = x[0];
    (void)n;
    for (int k = 1; k < count; k++)
        least = x[k] < least ? x[k] : least;
    return least;
}

/* Limits are attributes before opset 11, then inputs, either of which may be left out. */
static double clip(const struct onnx_node *n, const double *x, int count)
{
    double low = attribute_float(n, "min", -INFINITY), high = attribute_float(n, "max", INFINITY);
    low = count > 1 && !isnan(x[1]) ? x[1] : low;
    high = count > 2 && !isnan(x[2]) ? x[2] : high;
    return fmin(fmax(x[0], low), high);
}

static const struct pointwise_def defs[] = {
    { "Relu", relu, "", NULL },
    { "LeakyRelu", leaky_relu, "alpha", "leaky_relu has a slope from 0 to 1: train with one such" },
    { "Elu", elu, "alpha", "elu takes an alpha above 0: train with one such" },
    { "Celu", celu, "alpha", "elu is Celu with alpha 1: train with that" },
    { "Selu", selu, "alpha gamma", NULL },
    { "ThresholdedRelu", thresholded, "alpha", "relu is: train with that" },
    { "Sigmoid", sigmoid, "", NULL },
    { "Tanh", hyperbolic, "", NULL },
    { "Softplus", softplus, "", "relu or silu is: train with one of them" },
    { "Softsign", softsign, "", "tanh is: train with that" },
    { "Mish", mish, "", "silu is nearest to it: train with that" },
    { "Swish", swish, "alpha", "silu is Swish with alpha 1: train with that" },
    { "HardSigmoid", hardsigmoid, "alpha beta",
      "hardsigmoid is alpha 1/6, beta 1/2; another alpha is a scale before it, another beta is "
      "nothing here: train with beta 1/2" },
    { "HardSwish", hardswish, "", NULL },
    { "Gelu", gelu, "approximate",
      "gelu is the exact form, and the one by tanh differs from it by up to 5e-4: export the model "
      "with approximate=\"none\"" },
    { "Erf", error_function, "", NULL },
    { "Exp", exponential, "", NULL },
    { "Log", logarithm, "", NULL },
    { "Sqrt", root, "", NULL },
    { "Abs", absolute, "", NULL },
    { "Neg", negative, "", NULL },
    { "Reciprocal", reciprocal, "", NULL },
    { "Floor", down, "", NULL },
    { "Ceil", up, "", NULL },
    { "Add", add, "", NULL },
    { "Sum", add, "", NULL },
    { "Mean", mean, "", NULL },
    { "Sub", subtract, "", NULL },
    { "Mul", multiply, "", NULL },
    { "Div", divide, "", NULL },
    { "Pow", power, "", NULL },
    { "Max", greatest, "", NULL },
    { "Min", least, "", NULL },
    { "Clip", clip, "min max", "clip takes a least value below the greatest" },
};

const struct pointwise_def *pointwise_find(const char *op)
{
    for (size_t k = 0; k < sizeof defs / sizeof *defs; k++)
        if (!strcmp(defs[k].op, op))
            return &defs[k];
    return NULL;
}
