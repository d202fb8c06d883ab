/*
** muon.c - Muon's step (Jordan, "Muon: an optimizer for hidden layers in neural networks",
** 2024; the constants of airbench94_muon): a convolution's gradient with Nesterov momentum,
** as a matrix with a row for each filter, is replaced by the nearest orthogonal one, roughly:
** 3 steps of a Newton-Schulz iteration, X' = a*X + (b*A + c*A*A)*X with A = X*X^T, which
** brings every singular value near 1. The weight is scaled to |w| = sqrt(filters) before.
** In the SIMD vocabulary, emitted once per instruction set, like optim.c.
*/
#include "vector/template.h"

/* The sum of products of two rows, by 16 virtual lanes. */
static inline real muon_dot(const real *x, const real *y, int columns)
{
    vec lanes[LANES / VL];
    for (int l = 0; l < LANES / VL; l++)
        lanes[l] = v_zero();
    for (int k = 0; k < columns; k += LANES)
        for (int l = 0; l < LANES / VL; l++)
            lanes[l] = v_fma(v_load(x + k + l*VL), v_load(y + k + l*VL), lanes[l]);
    return v_sum(lanes);
}

/* out = x * x^T: rows x rows, `side` reals from row to row. */
static void muon_gram(const real *x, int rows, int columns, real *out, int side)
{
    for (int i = 0; i < rows; i++)
        for (int j = 0; j <= i; j++)
            out[i*side + j] = out[j*side + i]
                = muon_dot(x + (ptrdiff_t)i*columns, x + (ptrdiff_t)j*columns, columns);
}

/* out = b*x + c*y, element by element. */
static void muon_mix(const real *x, const real *y, real b, real c, real *out, int count)
{
    const vec vb = v_set1(b), vc = v_set1(c);
    for (int k = 0; k < count; k += VL)
        v_store(out + k, v_fma(vc, v_load(y + k), v_mul(vb, v_load(x + k))));
}

/* out = a*x + m*x, LANES columns at a time: they stay in registers over the sum. */
static void muon_multiply(const real *m, int side, const real *x, int rows, int columns, real a,
                          real *out)
{
    const vec scale = v_set1(a);
    for (int k = 0; k < columns; k += LANES)
        for (int i = 0; i < rows; i++) {
            vec acc[LANES / VL];
            for (int l = 0; l < LANES / VL; l++)
                acc[l] = v_mul(scale, v_load(x + (ptrdiff_t)i*columns + k + l*VL));
            for (int j = 0; j < rows; j++) {
                const vec f = v_set1(m[i*side + j]);
                for (int l = 0; l < LANES / VL; l++)
                    acc[l] = v_fma(f, v_load(x + (ptrdiff_t)j*columns + k + l*VL), acc[l]);
            }
            for (int l = 0; l < LANES / VL; l++)
                v_store(out + (ptrdiff_t)i*columns + k + l*VL, acc[l]);
        }
}

/* |x| over all rows, in double from row to row. */
static double muon_norm(const real *x, int rows, int columns)
{
    double squares = 0;
    for (int i = 0; i < rows; i++)
        squares += (double)muon_dot(x + (ptrdiff_t)i*columns, x + (ptrdiff_t)i*columns, columns);
    return sqrt(squares);
}

static void muon_step(real *w, const real *m, real *v, int rows, int columns,
                      const struct hyper *h, real *room)
{
    enum { STEPS = 3 };
    const int count = rows*columns, side = (rows + LANES - 1) / LANES * LANES;
    real *x = room, *next = x + count, *gram = next + count, *square = gram + rows*side;
    const vec momentum = v_set1(h->beta1);
    for (int k = 0; k < count; k += VL) {
        vec g = v_load(m + k), velocity = v_fma(momentum, v_load(v + k), g);
        velocity = v_flush(velocity, (real)0x1p-64);
        v_store(v + k, velocity);
        v_store(x + k, v_fma(momentum, velocity, g));
    }
    const vec unit = v_set1((real)(1 / (muon_norm(x, rows, columns) + 1e-7)));
    for (int k = 0; k < count; k += VL)
        v_store(x + k, v_mul(unit, v_load(x + k)));
    for (int k = 0; k < 2*rows*side; k++)
        gram[k] = 0;    /* the columns behind the last row's stay so */
    for (int step = 0; step < STEPS; step++) {
        muon_gram(x, rows, columns, gram, side);
        muon_gram(gram, rows, side, square, side);
        muon_mix(gram, square, (real)-4.7750, (real)2.0315, square, rows*side);
        muon_multiply(square, side, x, rows, columns, (real)3.4445, next);
        real *other = x;
        x = next;
        next = other;
    }
    const vec scale = v_set1((real)(sqrt((double)rows) / (muon_norm(w, rows, columns) + 1e-7)));
    const vec down = v_set1(-h->lr);
    for (int k = 0; k < count; k += VL) {
        vec weight = v_fma(down, v_load(x + k), v_mul(scale, v_load(w + k)));
        v_store(w + k, v_flush(weight, (real)0x1p-64));
    }
}
