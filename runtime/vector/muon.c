/*
** muon.c - Muon's step (Jordan, "Muon: an optimizer for hidden layers in neural networks",
** 2024; the constants of airbench94_muon): a convolution's gradient with Nesterov momentum,
** as a matrix with a row for each filter, is replaced by the nearest orthogonal one, roughly:
** 3 steps of a Newton-Schulz iteration, X' = a*X + (b*A + c*A*A)*X with A = X*X^T, which
** brings every singular value near 1. The weight is scaled to |w| = sqrt(filters) before.
** In the SIMD vocabulary, emitted once per instruction set, like optim.c. Tiles change no bit: an
** entry is one sum, by 16 virtual lanes where it runs along a row, in order where it runs down.
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

#define MUON_NV (LANES / VL)
/* Rows by rows whose sums are in registers together, and rows of a product. */
#define MUON_I (MUON_NV > 2 ? 1 : MUON_NV == 2 ? 2 : 4)
#define MUON_J (MUON_NV > 2 ? 2 : MUON_NV == 2 ? 3 : 4)
#define MUON_TILE (MUON_NV > 12 ? 1 : 12 / MUON_NV)

static inline int muon_least(int a, int b)
{
    return a < b ? a : b;
}

/* Columns `from` to `to` of the sums of out[i][j] and out[j][i], j <= i, for MUON_I rows from i and
** MUON_J from j. Their lanes are kept where columns are left. What is beyond the last row is its,
** and not stored. */
static inline void muon_dots(const real *x, int rows, int columns, int i, int j, int from, int to,
                             real *kept, real *out, int side)
{
    const real *a[MUON_I], *b[MUON_J];
    vec lanes[MUON_I][MUON_J][MUON_NV];
    _Pragma("GCC unroll 4")
    for (int p = 0; p < MUON_I; p++)
        a[p] = x + (ptrdiff_t)muon_least(i + p, rows - 1)*columns;
    _Pragma("GCC unroll 4")
    for (int q = 0; q < MUON_J; q++)
        b[q] = x + (ptrdiff_t)muon_least(j + q, rows - 1)*columns;
    _Pragma("GCC unroll 4")
    for (int p = 0; p < MUON_I; p++)
        _Pragma("GCC unroll 4")
        for (int q = 0; q < MUON_J; q++)
            _Pragma("GCC unroll 16")
            for (int l = 0; l < MUON_NV; l++)
                lanes[p][q][l] = from ? v_load(kept + (p*MUON_J + q)*LANES + l*VL) : v_zero();
    for (int k = from; k < to; k += LANES) {
        _Pragma("GCC unroll 16")
        for (int l = 0; l < MUON_NV; l++) {
            vec left[MUON_I];
            _Pragma("GCC unroll 4")
            for (int p = 0; p < MUON_I; p++)
                left[p] = v_load(a[p] + k + l*VL);
            _Pragma("GCC unroll 4")
            for (int q = 0; q < MUON_J; q++) {
                const vec right = v_load(b[q] + k + l*VL);
                _Pragma("GCC unroll 4")
                for (int p = 0; p < MUON_I; p++)
                    lanes[p][q][l] = v_fma(left[p], right, lanes[p][q][l]);
            }
        }
        v_keep();
    }
    _Pragma("GCC unroll 4")
    for (int p = 0; p < MUON_I; p++)
        _Pragma("GCC unroll 4")
        for (int q = 0; q < MUON_J; q++)
            if (to < columns)
                _Pragma("GCC unroll 16")
                for (int l = 0; l < MUON_NV; l++)
                    v_store(kept + (p*MUON_J + q)*LANES + l*VL, lanes[p][q][l]);
            else if (i + p < rows && j + q <= i + p)
                out[(i + p)*side + j + q] = out[(j + q)*side + i + p] = v_sum(lanes[p][q]);
}

/* Rows first .. last - 1 of out = x * x^T, up to the diagonal, and those entries mirrored: some
** columns of these rows and some others at a time, which stay in L1. */
static void muon_gram(const real *x, int columns, int first, int last, real *out, int side)
{
    enum { DEEP = 256, WIDE = 12 };
    real kept[MUON_ROWS*WIDE*LANES];
    for (int j = 0; j < last; j += WIDE)
        for (int from = 0; from < columns; from += DEEP) {
            const int to = muon_least(from + DEEP, columns);
            real *lanes = kept;
            for (int n = j; n < j + WIDE; n += MUON_J)
                for (int i = first; i < last; i += MUON_I, lanes += MUON_I*MUON_J*LANES)
                    if (n < last && n < i + MUON_I)
                        muon_dots(x, last, columns, i, n, from, to, lanes, out, side);
        }
}

/* square = b*gram + c*square, element by element. */
static void muon_mix(const real *gram, real *square, real b, real c, int count)
{
    const vec vb = v_set1(b), vc = v_set1(c);
    for (int k = 0; k < count; k += VL)
        v_store(square + k, v_fma(vc, v_load(square + k), v_mul(vb, v_load(gram + k))));
}

/* MUON_TILE rows from i of a panel of LANES columns of out = a*x + m*x; as with muon_dots. */
static inline void muon_tile(const struct muon *job, const real *panel, int i, real a, real *out)
{
    const int rows = job->rows;
    const vec scale = v_set1(a);
    const real *m[MUON_TILE];
    vec acc[MUON_TILE][MUON_NV];
    _Pragma("GCC unroll 12")
    for (int p = 0; p < MUON_TILE; p++) {
        const int row = muon_least(i + p, rows - 1);
        m[p] = job->square + (ptrdiff_t)row*job->side;
        _Pragma("GCC unroll 16")
        for (int l = 0; l < MUON_NV; l++)
            acc[p][l] = v_mul(scale, v_load(panel + row*LANES + l*VL));
    }
    for (int j = 0; j < rows; j++) {
        vec x[MUON_NV];
        _Pragma("GCC unroll 16")
        for (int l = 0; l < MUON_NV; l++)
            x[l] = v_load(panel + j*LANES + l*VL);
        _Pragma("GCC unroll 12")
        for (int p = 0; p < MUON_TILE; p++) {
            const vec f = v_set1(m[p][j]);
            _Pragma("GCC unroll 16")
            for (int l = 0; l < MUON_NV; l++)
                acc[p][l] = v_fma(f, x[l], acc[p][l]);
        }
        v_keep();
    }
    _Pragma("GCC unroll 12")
    for (int p = 0; p < MUON_TILE; p++)
        _Pragma("GCC unroll 16")
        for (int l = 0; l < MUON_NV; l++)
            if (i + p < rows)
                v_store(out + (ptrdiff_t)(i + p)*job->columns + l*VL, acc[p][l]);
}

/* LANES columns of next = a*x + square*x: they lie together first, as L1 has few places for
** lines that are a row apart. */
static void muon_multiply(const struct muon *job, real a, int item)
{
    const int rows = job->rows, columns = job->columns, k = item*LANES;
    real *panel = job->panels + (ptrdiff_t)rows*k;
    for (int i = 0; i < rows; i++)
        for (int l = 0; l < LANES; l += VL)
            v_store(panel + i*LANES + l, v_load(job->x + (ptrdiff_t)i*columns + k + l));
    for (int i = 0; i < rows; i += MUON_TILE)
        muon_tile(job, panel, i, a, job->next + k);
}

/* 1 / |x| from the rows' sums of squares, in double from row to row. */
static double muon_norm(const double *norms, int rows)
{
    double squares = 0;
    for (int i = 0; i < rows; i++)
        squares += norms[i];
    return sqrt(squares) + 1e-7;
}

/* Momentum; x, and the squares of its rows and the weight's. */
static void muon_begin(const struct muon *job, int first, int last)
{
    const int columns = job->columns;
    const vec momentum = v_set1(job->hyper.beta1);
    for (int i = first; i < last; i++) {
        const ptrdiff_t row = (ptrdiff_t)i*columns;
        real *x = job->x + row, *w = job->w + row;
        for (int k = 0; k < columns; k += VL) {
            vec g = v_load(job->m + row + k);
            vec velocity = v_fma(momentum, v_load(job->v + row + k), g);
            velocity = v_flush(velocity, (real)0x1p-64);
            v_store(job->v + row + k, velocity);
            v_store(x + k, v_fma(momentum, velocity, g));
        }
        job->norms[i] = (double)muon_dot(x, x, columns);
        job->norms[job->rows + i] = (double)muon_dot(w, w, columns);
    }
}

/* x to length 1; the columns after the last row of both squares are 0 and stay so. */
static void muon_scale(const struct muon *job, int first, int last)
{
    const vec unit = v_set1((real)(1 / muon_norm(job->norms, job->rows)));
    real *x = job->x + (ptrdiff_t)first*job->columns;
    for (int k = 0; k < (last - first)*job->columns; k += VL)
        v_store(x + k, v_mul(unit, v_load(x + k)));
    for (int k = first*job->side; k < last*job->side; k++)
        job->gram[k] = job->square[k] = 0;
}

static void muon_end(const struct muon *job, int first, int last)
{
    const double length = muon_norm(job->norms + job->rows, job->rows);
    const vec scale = v_set1((real)(sqrt((double)job->rows) / length));
    const vec down = v_set1(-job->hyper.lr);
    const ptrdiff_t row = (ptrdiff_t)first*job->columns;
    real *w = job->w + row;
    for (int k = 0; k < (last - first)*job->columns; k += VL) {
        vec weight = v_fma(down, v_load(job->x + row + k), v_mul(scale, v_load(w + k)));
        v_store(w + k, v_flush(weight, (real)0x1p-64));
    }
}

static void muon_step(const struct muon *job, enum muon_part part, int item)
{
    const int first = item*MUON_ROWS, last = muon_least(first + MUON_ROWS, job->rows);
    switch (part) {
    case MUON_BEGIN:
        muon_begin(job, first, last);
        break;
    case MUON_SCALE:
        muon_scale(job, first, last);
        break;
    case MUON_GRAM:
        muon_gram(job->x, job->columns, first, last, job->gram, job->side);
        break;
    case MUON_SQUARE:
        muon_gram(job->gram, job->side, first, last, job->square, job->side);
        break;
    case MUON_MIX:
        muon_mix(job->gram + first*job->side, job->square + first*job->side, (real)-4.7750,
                 (real)2.0315, (last - first)*job->side);
        break;
    case MUON_MULTIPLY:
        muon_multiply(job, (real)3.4445, item);
        break;
    case MUON_END:
        muon_end(job, first, last);
        break;
    }
}
