/*
** functions.c - tells a pointwise layer by what a function makes of a few hundred numbers. What a
** layer's numbers are, the function itself says at some places.
*/
#include "exchange/functions.h"

#include <math.h>
#include <stdlib.h>

#include "runtime/base/bounds.h"

/* In f32 constants are as wrong as this; gelu by tanh differs by 4e-4. */
#define FUNCTION_ERROR 2e-6

static double relu(double x, const double *number) { (void)number; return x > 0 ? x : 0; }
static double gelu(double x, const double *number)
{
    (void)number;
    return x/2*(1 + erf(x/sqrt(2)));
}
static double sigmoid(double x, const double *number) { (void)number; return 1/(1 + exp(-x)); }
static double silu(double x, const double *number) { (void)number; return x/(1 + exp(-x)); }
static double hyperbolic(double x, const double *number) { (void)number; return tanh(x); }
static double hardsigmoid(double x, const double *number)
{
    (void)number;
    return fmin(fmax(x + 3, 0), 6)/6;
}
static double hardswish(double x, const double *number) { return x*hardsigmoid(x, number); }
static double scale(double x, const double *number) { return number[0]*x; }
static double clip(double x, const double *number) { return fmin(fmax(x, number[0]), number[1]); }
static double leaky_relu(double x, const double *number) { return x > 0 ? x : number[0]*x; }
static double elu(double x, const double *number) { return x > 0 ? x : number[0]*expm1(x); }

/* at: where f is a number of the layer, -f where `negated`. The first that fits is taken. */
static const struct row {
    enum layer_kind kind;
    double (*f)(double x, const double *number);
    int numbers; double at[MAX_NUMBERS]; bool negated;
    enum bound bound;
} rows[] = {
    { LAYER_RELU, relu, .numbers = 0 },
    { LAYER_SCALE, scale, 1, { 1 }, false, BOUND_SCALE },
    { LAYER_LEAKY_RELU, leaky_relu, 1, { -1 }, true, BOUND_SLOPE },
    { LAYER_CLIP, clip, 2, { -1e4, 1e4 }, false, BOUND_LIMIT },
    { LAYER_ELU, elu, 1, { -1e4 }, true, BOUND_SCALE },
    { LAYER_GELU, gelu, .numbers = 0 },
    { LAYER_SILU, silu, .numbers = 0 },
    { LAYER_SIGMOID, sigmoid, .numbers = 0 },
    { LAYER_TANH, hyperbolic, .numbers = 0 },
    { LAYER_HARDSWISH, hardswish, .numbers = 0 },
    { LAYER_HARDSIGMOID, hardsigmoid, .numbers = 0 },
};
enum { ROWS = sizeof rows / sizeof *rows };

/* Sixteenths, and numbers beyond all that a function bends at. */
enum { SIXTEENTHS = 2*16*16 + 1, POINTS = SIXTEENTHS + 8 };

static double point(int k)
{
    static const double far[POINTS - SIXTEENTHS] = { 1e-3, -1e-3, 50, -50, 1e3, -1e3, 1e4, -1e4 };
    return k < SIXTEENTHS ? (k - SIXTEENTHS/2)/16.0 : far[k - SIXTEENTHS];
}

static bool close_to(double y, double wanted)
{
    return fabs(y - wanted) <= FUNCTION_ERROR*fmax(1, fabs(wanted));
}

/* What f makes of the points, of each when it is first asked for: most functions differ from a
** layer at the first. */
struct samples {
    double (*f)(const void *of, double x);
    const void *of;
    bool known[POINTS];
    double y[POINTS];
};

static double sample(struct samples *s, int k)
{
    if (!s->known[k])
        s->y[k] = s->f(s->of, point(k));
    s->known[k] = true;
    return s->y[k];
}

/* Of each point it is to be times*g(x*stretch). */
static bool fits(struct samples *s, const struct row *r, const double *number, double times,
                 double stretch)
{
    for (int k = 0; k < POINTS; k++) {
        const double y = sample(s, k), wanted = times*r->f(stretch*point(k), number);
        if (!isfinite(y) || (r->kind == LAYER_SCALE
                             ? fabs(y - wanted) > FUNCTION_ERROR*fabs(wanted)
                             : !close_to(y, wanted)))
            return false;
    }
    return true;
}

static bool in_bounds(double x, enum bound bound)
{
    return isfinite(x) && x >= bounds[bound].least && x <= bounds[bound].most;
}

/* The numbers that the layer has if it is this one. */
static bool numbers_of(const struct row *r, double (*f)(const void *, double), const void *of,
                       double times, double *number)
{
    for (int k = 0; k < r->numbers; k++) {
        const double y = f(of, r->at[k])/times;
        number[k] = r->negated ? -y : y;
        /* The greatest of what knows none. */
        if (r->kind == LAYER_CLIP && y == r->at[k])
            number[k] = y < 0 ? bounds[r->bound].least : bounds[r->bound].most;
        if (!in_bounds(number[k], r->bound))
            return false;
    }
    return r->numbers < 2 || number[0] < number[1];
}

static void add_layer(struct function *out, enum layer_kind kind, const double *number)
{
    out->kind = FUNCTION_LAYERS;
    out->layer[out->nlayers].kind = kind;
    for (int k = 0; k < MAX_NUMBERS; k++)
        out->layer[out->nlayers].number[k] = number[k];
    out->nlayers++;
}

/* One layer; or one with a factor after it (Selu, half a gelu), a hardsigmoid with one before it
** (Keras's). */
static bool find_layers(struct samples *y, struct function *out)
{
    double (*const f)(const void *, double) = y->f;
    const void *const of = y->of;
    double number[MAX_NUMBERS] = { 0 };
    for (int k = 0; k < ROWS; k++)
        if (numbers_of(&rows[k], f, of, 1, number) && fits(y, &rows[k], number, 1, 1)) {
            for (int n = rows[k].numbers; n < MAX_NUMBERS; n++)
                number[n] = 0;
            add_layer(out, rows[k].kind, number);
            return true;
        }
    const double one = f(of, 1), stretch = 6*(f(of, 1.0/1024) - f(of, 0))*1024;
    for (int k = 0; k < ROWS; k++) {
        const double none[MAX_NUMBERS] = { 0 }, at_1 = rows[k].numbers ? 1 : rows[k].f(1, none);
        const double times = one/at_1;
        const double factor[2][MAX_NUMBERS] = { { times }, { stretch } };
        if ((rows[k].kind == LAYER_ELU || !rows[k].numbers) && in_bounds(times, BOUND_SCALE)
            && numbers_of(&rows[k], f, of, times, number) && fits(y, &rows[k], number, times, 1)) {
            add_layer(out, rows[k].kind, rows[k].numbers ? number : none);
            add_layer(out, LAYER_SCALE, factor[0]);
            return true;
        }
        if (rows[k].kind == LAYER_HARDSIGMOID && in_bounds(stretch, BOUND_SCALE)
            && fits(y, &rows[k], number, 1, stretch)) {
            add_layer(out, LAYER_SCALE, factor[1]);
            add_layer(out, LAYER_HARDSIGMOID, none);
            return true;
        }
    }
    return false;
}

static bool is_identity(struct samples *s)
{
    for (int k = 0; k < POINTS; k++)
        if (sample(s, k) != point(k))
            return false;
    return true;
}

static bool is_line(struct samples *s, double a, double b)
{
    for (int k = 0; k < POINTS; k++)
        if (!(fabs(sample(s, k) - (a*point(k) + b)) <= FUNCTION_ERROR*fabs(a*point(k))
                                                       + 1e-9*fabs(b)))
            return false;
    return a != 0;
}

bool function_find(double (*f)(const void *of, double x), const void *of, struct function *out)
{
    struct samples s = { .f = f, .of = of };
    *out = (struct function){ .kind = FUNCTION_IDENTITY };
    if (is_identity(&s) || find_layers(&s, out))
        return true;
    /* A slope in f32's last digits of b is better taken from afar. */
    *out = (struct function){ .kind = FUNCTION_AFFINE, .b = f(of, 0),
                              .a = (f(of, 1e4) - f(of, -1e4))/2e4 };
    return is_line(&s, out->a, out->b);
}
