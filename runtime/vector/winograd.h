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
**
** F(2,3) evaluates polynomials at 0, 1, -1 and infinity, F(4,3) at 0, +-5/8, +-3/2 and infinity.
** The customary 0, +-1, +-2 round five times as coarsely as a direct sum, nine times in the worst
** entry; these twice, since they spread less (Barabasz et al., arXiv:1803.10986; oneDNN has the
** same two). Of six other choices with exact squares none was better.
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

/* a = 5/8, b = 3/2 and their squares, all exact in f32, as are a^3, b^3, a^2 b^2, a^2 + b^2. */
#define WINO_A v_set1((real)0.625)
#define WINO_B v_set1((real)1.5)
#define WINO_A2 v_set1((real)0.390625)
#define WINO_B2 v_set1((real)2.25)

static inline void v_input4(vec *d, int step)
{
    const vec minus_a2 = v_set1((real)-0.390625), minus_b2 = v_set1((real)-2.25);
    const vec sum = v_set1((real)-2.640625), product = v_set1((real)0.87890625);
    vec a = v_fma(minus_b2, d[2*step], d[4*step]), b = v_fma(minus_b2, d[step], d[3*step]);
    vec c = v_fma(minus_a2, d[2*step], d[4*step]), e = v_fma(minus_a2, d[step], d[3*step]);
    d[0] = v_fma(product, d[0], v_fma(sum, d[2*step], d[4*step]));
    d[5*step] = v_fma(product, d[step], v_fma(sum, d[3*step], d[5*step]));
    d[step] = v_fma(WINO_A, b, a);
    d[2*step] = v_fma(v_sub(v_zero(), WINO_A), b, a);
    d[3*step] = v_fma(WINO_B, e, c);
    d[4*step] = v_fma(v_sub(v_zero(), WINO_B), e, c);
}

static inline void v_output4(vec *d, int step)
{
    vec a = v_add(d[step], d[2*step]), b = v_sub(d[step], d[2*step]);
    vec c = v_add(d[3*step], d[4*step]), e = v_sub(d[3*step], d[4*step]);
    d[0] = v_add(v_add(d[0], a), c);
    d[step] = v_fma(WINO_A, b, v_mul(WINO_B, e));
    d[2*step] = v_fma(WINO_A2, a, v_mul(WINO_B2, c));
    d[3*step] = v_fma(v_set1((real)0.244140625), b,
                      v_fma(v_set1((real)3.375), e, d[5*step]));
}

static inline void v_gradient4(vec *d, int step)
{
    vec a = v_fma(WINO_A2, d[2*step], d[0]), b = v_fma(WINO_A2, d[3*step], d[step]);
    vec c = v_fma(WINO_B2, d[2*step], d[0]), e = v_fma(WINO_B2, d[3*step], d[step]);
    d[5*step] = d[3*step];
    d[step] = v_fma(WINO_A, b, a);
    d[2*step] = v_fma(v_sub(v_zero(), WINO_A), b, a);
    d[3*step] = v_fma(WINO_B, e, c);
    d[4*step] = v_fma(v_sub(v_zero(), WINO_B), e, c);
}

/* One over the products of a point's differences from the others: 0, 5/8, 3/2. */
#define WINO_F0 v_set1((real)(256.0 / 225))
#define WINO_FA v_set1((real)(-2048.0 / 2975))
#define WINO_FB v_set1((real)(128.0 / 1071))

static inline void v_filter4(vec *d, int step)
{
    vec a = v_mul(WINO_FA, v_add(d[step], d[2*step]));
    vec b = v_mul(WINO_FA, v_sub(d[step], d[2*step]));
    vec c = v_mul(WINO_FB, v_add(d[3*step], d[4*step]));
    vec e = v_mul(WINO_FB, v_sub(d[3*step], d[4*step]));
    d[0] = v_add(v_fma(WINO_F0, d[0], a), c);
    d[step] = v_fma(WINO_A, b, v_mul(WINO_B, e));
    d[2*step] = v_fma(WINO_A2, a, v_fma(WINO_B2, c, d[5*step]));
}

static inline void v_taps4(vec *d, int step)
{
    vec a = v_mul(WINO_FA, v_fma(WINO_A2, d[2*step], d[0]));
    vec b = v_mul(WINO_FA, v_mul(WINO_A, d[step]));
    vec c = v_mul(WINO_FB, v_fma(WINO_B2, d[2*step], d[0]));
    vec e = v_mul(WINO_FB, v_mul(WINO_B, d[step]));
    d[5*step] = d[2*step];
    d[0] = v_mul(WINO_F0, d[0]);
    d[step] = v_add(a, b);
    d[2*step] = v_sub(a, b);
    d[3*step] = v_add(c, e);
    d[4*step] = v_sub(c, e);
}
