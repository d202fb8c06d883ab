/*
** winograd.h - the one-dimensional transforms of F(2,3) and F(4,3) (Lavin and Gray,
** arXiv:1509.09308) on vectors: every `step`-th of d, in place. Applied to the rows, then to
** the columns of a tile they give the two-dimensional ones. Words of the SIMD vocabulary;
** additions in the order written, so the bits are the same everywhere.
**
**   input     B^T d    of 4 (6) values of the padded input
**   output    A^T m    2 (4) outputs from 4 (6) products
**   gradient  A g      4 (6) values from 2 (4) output gradients: the output's adjoint
**   filter    G^T u    3 taps' gradients from 4 (6) sums: the filter transform's adjoint
**   taps      G w      4 (6) values from 3 taps
*/
static inline void v_input2(vec *d, int step)
{
    vec a = v_sub(d[0], d[2*step]), b = v_add(d[step], d[2*step]);
    vec c = v_sub(d[2*step], d[step]), e = v_sub(d[step], d[3*step]);
    d[0] = a;
    d[step] = b;
    d[2*step] = c;
    d[3*step] = e;
}

static inline void v_output2(vec *d, int step)
{
    vec a = v_add(v_add(d[0], d[step]), d[2*step]);
    d[step] = v_sub(v_sub(d[step], d[2*step]), d[3*step]);
    d[0] = a;
}

static inline void v_gradient2(vec *d, int step)
{
    vec a = v_add(d[0], d[step]), b = v_sub(d[0], d[step]);
    d[3*step] = v_sub(v_zero(), d[step]);
    d[step] = a;
    d[2*step] = b;
}

static inline void v_filter2(vec *d, int step)
{
    vec half = v_set1((real)0.5);
    vec a = v_mul(half, v_add(d[step], d[2*step])), b = v_mul(half, v_sub(d[step], d[2*step]));
    d[0] = v_add(d[0], a);
    d[step] = b;
    d[2*step] = v_add(a, d[3*step]);
}

static inline void v_taps2(vec *d, int step)
{
    vec half = v_set1((real)0.5), a = v_add(d[0], d[2*step]), b = d[step];
    d[3*step] = d[2*step];
    d[step] = v_mul(half, v_add(a, b));
    d[2*step] = v_mul(half, v_sub(a, b));
}

static inline void v_input4(vec *d, int step)
{
    const vec two = v_set1(2), four = v_set1(4), minus4 = v_set1(-4), minus5 = v_set1(-5);
    vec a = v_fma(minus4, d[2*step], d[4*step]), b = v_fma(minus4, d[step], d[3*step]);
    vec c = v_sub(d[4*step], d[2*step]), e = v_mul(two, v_sub(d[3*step], d[step]));
    d[0] = v_fma(four, d[0], v_fma(minus5, d[2*step], d[4*step]));
    d[5*step] = v_fma(four, d[step], v_fma(minus5, d[3*step], d[5*step]));
    d[step] = v_add(a, b);
    d[2*step] = v_sub(a, b);
    d[3*step] = v_add(c, e);
    d[4*step] = v_sub(c, e);
}

static inline void v_output4(vec *d, int step)
{
    vec a = v_add(d[step], d[2*step]), b = v_sub(d[step], d[2*step]);
    vec c = v_add(d[3*step], d[4*step]), e = v_sub(d[3*step], d[4*step]);
    d[0] = v_add(v_add(d[0], a), c);
    d[step] = v_fma(v_set1(2), e, b);
    d[2*step] = v_fma(v_set1(4), c, a);
    d[3*step] = v_add(v_fma(v_set1(8), e, b), d[5*step]);
}

static inline void v_gradient4(vec *d, int step)
{
    const vec four = v_set1(4);
    vec a = v_add(d[0], d[2*step]), b = v_add(d[step], d[3*step]);
    vec c = v_fma(four, d[2*step], d[0]), e = v_mul(v_set1(2), v_fma(four, d[3*step], d[step]));
    d[5*step] = d[3*step];
    d[step] = v_add(a, b);
    d[2*step] = v_sub(a, b);
    d[3*step] = v_add(c, e);
    d[4*step] = v_sub(c, e);
}

static inline void v_filter4(vec *d, int step)
{
    const vec sixth = v_set1((real)(-1.0 / 6)), part = v_set1((real)(1.0 / 24));
    vec a = v_mul(sixth, v_add(d[step], d[2*step])), b = v_mul(sixth, v_sub(d[step], d[2*step]));
    vec c = v_mul(part, v_add(d[3*step], d[4*step]));
    vec e = v_mul(part, v_sub(d[3*step], d[4*step]));
    d[0] = v_add(v_fma(v_set1((real)0.25), d[0], a), c);
    d[step] = v_fma(v_set1(2), e, b);
    d[2*step] = v_add(v_fma(v_set1(4), c, a), d[5*step]);
}

static inline void v_taps4(vec *d, int step)
{
    const vec sixth = v_set1((real)(-1.0 / 6)), part = v_set1((real)(1.0 / 24));
    vec a = v_mul(sixth, v_add(d[0], d[2*step])), b = v_mul(sixth, d[step]);
    vec c = v_mul(part, v_fma(v_set1(4), d[2*step], d[0]));
    vec e = v_mul(v_set1((real)(1.0 / 12)), d[step]);
    d[5*step] = d[2*step];
    d[0] = v_mul(v_set1((real)0.25), d[0]);
    d[step] = v_add(a, b);
    d[2*step] = v_sub(a, b);
    d[3*step] = v_add(c, e);
    d[4*step] = v_sub(c, e);
}
