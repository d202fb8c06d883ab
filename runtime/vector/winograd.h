/*
** winograd.h - the one-dimensional transforms of F(r,3), r outputs from r + 2 products, for r = 1
** to 4 (Lavin and Gray, arXiv:1509.09308) on vectors: every `step`-th of d, in place. Applied to
** the rows, then to the columns of a tile they give the two-dimensional ones. Words of the SIMD
** vocabulary; additions in the order written, so the bits are the same everywhere.
**
**   input     B^T d    r + 2 values of r + 2 of the padded input
**   output    A^T m    r outputs from r + 2 products
**   gradient  A g      r + 2 values from r output gradients: the output's adjoint
**   filter    G^T u    3 taps' gradients from r + 2 sums: the filter transform's adjoint
**   taps      G w      r + 2 values from 3 taps
**
** F(4,3) evaluates polynomials at 0, infinity, 5/8, -5/8, 3/2 and -3/2; the others at the first
** r + 2 of these. What G holds of the points' differences is F(4,3)'s for all of them, and B holds
** the rest: so tiles of every size share one transformed filter, and the sums of its gradient.
**
** The customary 0, +-1, +-2 round five times as coarsely as a direct sum, nine times in the worst
** entry; these twice, since they spread less (Barabasz et al., arXiv:1803.10986; oneDNN has the
** same two). Of six other choices with exact squares none was better.
*/

/* a = 5/8, b = 3/2; every product and sum of their powers here is exact in f32. */
#define WINO_A v_set1((real)0.625)
#define WINO_B v_set1((real)1.5)
#define WINO_A2 v_set1((real)0.390625)
#define WINO_B2 v_set1((real)2.25)
#define WINO_A2B2 v_set1((real)0.87890625)
/* a^2 - b^2: what F(4,3) has at +-a, and F(2,3) has not */
#define WINO_AB v_set1((real)-1.859375)

static inline void v_input1(vec *d, int step)
{
    vec a = v_mul(v_set1((real)-2.32421875), d[step]);      /* 2a (a^2 - b^2) */
    vec infinite = v_fma(v_set1((real)-0.625), d[step], d[2*step]);
    d[0] = v_fma(WINO_A2B2, d[0], v_mul(v_set1((real)-1.40625), d[step]));
    d[step] = infinite;
    d[2*step] = a;
}

static inline void v_input2(vec *d, int step)
{
    vec even = v_mul(WINO_AB, d[2*step]), odd = v_set1((real)-1.162109375);  /* a (a^2 - b^2) */
    vec a = v_fma(odd, d[step], even), minus = v_fma(v_sub(v_zero(), odd), d[step], even);
    vec infinite = v_fma(v_set1((real)-0.390625), d[step], d[3*step]);
    d[0] = v_fma(WINO_A2B2, d[0], v_mul(v_set1((real)-2.25), d[2*step]));
    d[step] = infinite;
    d[2*step] = a;
    d[3*step] = minus;
}

static inline void v_input3(vec *d, int step)
{
    const vec minus_a2 = v_set1((real)-0.390625), minus_b2 = v_set1((real)-2.25);
    vec b = v_fma(minus_a2, d[step], d[3*step]), even = v_fma(WINO_AB, d[2*step], v_mul(WINO_B, b));
    vec odd = v_mul(WINO_A, v_fma(minus_b2, d[step], d[3*step]));
    vec zero = v_fma(WINO_A2B2, d[0], v_fma(minus_b2, d[2*step], v_mul(WINO_B, b)));
    d[step] = v_fma(v_set1((real)-1.5), b, v_fma(minus_a2, d[2*step], d[4*step]));
    d[0] = zero;
    d[2*step] = v_add(even, odd);
    d[3*step] = v_sub(even, odd);
    d[4*step] = v_mul(v_set1((real)3), b);
}

static inline void v_input4(vec *d, int step)
{
    const vec minus_a2 = v_set1((real)-0.390625), minus_b2 = v_set1((real)-2.25);
    const vec sum = v_set1((real)-2.640625);
    vec a = v_fma(minus_b2, d[2*step], d[4*step]), b = v_fma(minus_b2, d[step], d[3*step]);
    vec c = v_fma(minus_a2, d[2*step], d[4*step]), e = v_fma(minus_a2, d[step], d[3*step]);
    d[0] = v_fma(WINO_A2B2, d[0], v_fma(sum, d[2*step], d[4*step]));
    d[step] = v_fma(WINO_A2B2, d[step], v_fma(sum, d[3*step], d[5*step]));
    d[2*step] = v_fma(WINO_A, b, a);
    d[3*step] = v_fma(v_sub(v_zero(), WINO_A), b, a);
    d[4*step] = v_fma(WINO_B, e, c);
    d[5*step] = v_fma(v_sub(v_zero(), WINO_B), e, c);
}

static inline void v_output1(vec *d, int step)
{
    d[0] = v_add(v_add(d[0], d[2*step]), d[step]);
}

static inline void v_output2(vec *d, int step)
{
    vec a = v_add(d[2*step], d[3*step]), b = v_sub(d[2*step], d[3*step]);
    d[0] = v_add(d[0], a);
    d[step] = v_fma(WINO_A, b, d[step]);
}

static inline void v_output3(vec *d, int step)
{
    vec a = v_add(d[2*step], d[3*step]), b = v_sub(d[2*step], d[3*step]), infinite = d[step];
    d[0] = v_add(v_add(d[0], a), d[4*step]);
    d[step] = v_fma(WINO_A, b, v_mul(WINO_B, d[4*step]));
    d[2*step] = v_fma(WINO_A2, a, v_fma(WINO_B2, d[4*step], infinite));
}

static inline void v_output4(vec *d, int step)
{
    vec a = v_add(d[2*step], d[3*step]), b = v_sub(d[2*step], d[3*step]), infinite = d[step];
    vec c = v_add(d[4*step], d[5*step]), e = v_sub(d[4*step], d[5*step]);
    d[0] = v_add(v_add(d[0], a), c);
    d[step] = v_fma(WINO_A, b, v_mul(WINO_B, e));
    d[2*step] = v_fma(WINO_A2, a, v_mul(WINO_B2, c));
    d[3*step] = v_fma(v_set1((real)0.244140625), b, v_fma(v_set1((real)3.375), e, infinite));
}

static inline void v_gradient1(vec *d, int step)
{
    d[2*step] = d[step] = d[0];
}

static inline void v_gradient2(vec *d, int step)
{
    d[2*step] = v_fma(WINO_A, d[step], d[0]);
    d[3*step] = v_fma(v_sub(v_zero(), WINO_A), d[step], d[0]);
}

static inline void v_gradient3(vec *d, int step)
{
    vec even = v_fma(WINO_A2, d[2*step], d[0]), odd = d[step];
    d[4*step] = v_fma(WINO_B, odd, v_fma(WINO_B2, d[2*step], d[0]));
    d[step] = d[2*step];
    d[2*step] = v_fma(WINO_A, odd, even);
    d[3*step] = v_fma(v_sub(v_zero(), WINO_A), odd, even);
}

static inline void v_gradient4(vec *d, int step)
{
    vec a = v_fma(WINO_A2, d[2*step], d[0]), b = v_fma(WINO_A2, d[3*step], d[step]);
    vec c = v_fma(WINO_B2, d[2*step], d[0]), e = v_fma(WINO_B2, d[3*step], d[step]);
    d[step] = d[3*step];
    d[2*step] = v_fma(WINO_A, b, a);
    d[3*step] = v_fma(v_sub(v_zero(), WINO_A), b, a);
    d[4*step] = v_fma(WINO_B, e, c);
    d[5*step] = v_fma(v_sub(v_zero(), WINO_B), e, c);
}

/* One over the products of a point's differences from the others: 0, 5/8, 3/2. */
#define WINO_F0 v_set1((real)(256.0 / 225))
#define WINO_FA v_set1((real)(-2048.0 / 2975))
#define WINO_FB v_set1((real)(128.0 / 1071))

static inline void v_filter1(vec *d, int step)
{
    vec a = v_mul(WINO_FA, d[2*step]), infinite = d[step];
    d[0] = v_fma(WINO_F0, d[0], a);
    d[step] = v_mul(WINO_A, a);
    d[2*step] = v_fma(WINO_A2, a, infinite);
}

static inline void v_filter2(vec *d, int step)
{
    vec a = v_mul(WINO_FA, v_add(d[2*step], d[3*step])), infinite = d[step];
    vec b = v_mul(WINO_FA, v_sub(d[2*step], d[3*step]));
    d[0] = v_fma(WINO_F0, d[0], a);
    d[step] = v_mul(WINO_A, b);
    d[2*step] = v_fma(WINO_A2, a, infinite);
}

static inline void v_filter3(vec *d, int step)
{
    vec a = v_mul(WINO_FA, v_add(d[2*step], d[3*step])), infinite = d[step];
    vec b = v_mul(WINO_FA, v_sub(d[2*step], d[3*step])), c = v_mul(WINO_FB, d[4*step]);
    d[0] = v_add(v_fma(WINO_F0, d[0], a), c);
    d[step] = v_fma(WINO_A, b, v_mul(WINO_B, c));
    d[2*step] = v_fma(WINO_A2, a, v_fma(WINO_B2, c, infinite));
}

static inline void v_filter4(vec *d, int step)
{
    vec a = v_mul(WINO_FA, v_add(d[2*step], d[3*step])), infinite = d[step];
    vec b = v_mul(WINO_FA, v_sub(d[2*step], d[3*step]));
    vec c = v_mul(WINO_FB, v_add(d[4*step], d[5*step]));
    vec e = v_mul(WINO_FB, v_sub(d[4*step], d[5*step]));
    d[0] = v_add(v_fma(WINO_F0, d[0], a), c);
    d[step] = v_fma(WINO_A, b, v_mul(WINO_B, e));
    d[2*step] = v_fma(WINO_A2, a, v_fma(WINO_B2, c, infinite));
}

static inline void v_taps1(vec *d, int step)
{
    vec even = v_mul(WINO_FA, v_fma(WINO_A2, d[2*step], d[0]));
    vec odd = v_mul(WINO_FA, v_mul(WINO_A, d[step]));
    d[0] = v_mul(WINO_F0, d[0]);
    d[step] = d[2*step];
    d[2*step] = v_add(even, odd);
}

static inline void v_taps2(vec *d, int step)
{
    vec even = v_mul(WINO_FA, v_fma(WINO_A2, d[2*step], d[0]));
    vec odd = v_mul(WINO_FA, v_mul(WINO_A, d[step]));
    d[0] = v_mul(WINO_F0, d[0]);
    d[step] = d[2*step];
    d[2*step] = v_add(even, odd);
    d[3*step] = v_sub(even, odd);
}

static inline void v_taps3(vec *d, int step)
{
    vec b = v_mul(WINO_FB, v_fma(WINO_B2, d[2*step], d[0]));
    d[4*step] = v_add(b, v_mul(WINO_FB, v_mul(WINO_B, d[step])));
    v_taps2(d, step);
}

static inline void v_taps4(vec *d, int step)
{
    vec c = v_mul(WINO_FB, v_fma(WINO_B2, d[2*step], d[0]));
    vec e = v_mul(WINO_FB, v_mul(WINO_B, d[step]));
    v_taps2(d, step);
    d[4*step] = v_add(c, e);
    d[5*step] = v_sub(c, e);
}
