/*
** vmath.h - functions on vectors, in the SIMD vocabulary alone, so that they give
** the same bits on every instruction set. libm's own change from CPU to CPU.
*/

#if LATHE_F64
/*
** e^x: x = n*ln 2 + r, |r| <= ln(2)/2, e^r by its Taylor series to r^13 (relative
** error below 2^-54), times 2^n in two factors, because n = 1024 alone is no
** exponent. Above 709.79 the result is inf, below -745 it is 0, NaN survives.
*/
static inline vec v_exp(vec x)
{
    static const real c[] = { 1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800,
                              1.0 / 362880, 1.0 / 40320, 1.0 / 5040, 1.0 / 720, 1.0 / 120,
                              1.0 / 24, 1.0 / 6, 1.0 / 2, 1, 1 };
    const vec most = v_set1(710), least = v_set1(-746);
    vec t = v_select(v_gt(x, most), most, v_select(v_gt(least, x), least, x));
    vec n = v_round(v_mul(t, v_set1(0x1.71547652b82fep+0)));
    vec r = v_fma(n, v_set1(-0x1.62e42fefa39efp-1), t);
    r = v_fma(n, v_set1(-0x1.abc9e3b39803fp-56), r);
    vec p = v_set1(c[0]);
    for (int i = 1; i < 14; i++)
        p = v_fma(p, r, v_set1(c[i]));
    vec half = v_round(v_mul(n, v_set1((real)0.5)));
    return v_mul(v_mul(p, v_pow2(half)), v_pow2(v_sub(n, half)));
}
#else
/*
** e^x: x = n*ln 2 + r, |r| <= ln(2)/2, e^r by its Taylor series to r^7 (relative
** error below 2^-25), times 2^n in two factors, because n = 128 alone is no
** exponent. Above 88.73 the result is inf, below -104 it is 0, NaN survives.
*/
static inline vec v_exp(vec x)
{
    static const real c[] = { 1.0f / 5040, 1.0f / 720, 1.0f / 120, 1.0f / 24, 1.0f / 6, 1.0f / 2,
                              1, 1 };
    const vec most = v_set1(89), least = v_set1(-105);
    vec t = v_select(v_gt(x, most), most, v_select(v_gt(least, x), least, x));
    vec n = v_round(v_mul(t, v_set1(0x1.715476p+0f)));
    vec r = v_fma(n, v_set1(-0x1.62e43p-1f), t);
    r = v_fma(n, v_set1(0x1.05c61p-29f), r);
    vec p = v_set1(c[0]);
    for (int i = 1; i < 8; i++)
        p = v_fma(p, r, v_set1(c[i]));
    vec half = v_round(v_mul(n, v_set1((real)0.5)));
    return v_mul(v_mul(p, v_pow2(half)), v_pow2(v_sub(n, half)));
}
#endif

/*
** e^x of x <= 0, which is all that the functions below ask for: 2^n is one factor, and so near to
** 0 the low half of ln 2 is lost in rounding. Below -80 it is e^-80; NaN survives.
*/
static inline vec v_exp_below(vec x)
{
#if LATHE_F64
    return v_exp(v_max(v_set1(-80), x));
#else
    static const real c[] = { 0x1.10627ap-7f, 0x1.572a06p-5f, 0x1.5557aep-3f, 0x1.fffdfcp-2f, 1,
                              1 };      /* relative error below 2^-23 */
    const vec t = v_max(v_set1(-80), x), n = v_round(v_mul(t, v_set1(0x1.715476p+0f)));
    const vec r = v_fma(n, v_set1(-0x1.62e43p-1f), t);
    vec p = v_set1(c[0]);
    for (int i = 1; i < 6; i++)
        p = v_fma(p, r, v_set1(c[i]));
    return v_mul(p, v_pow2(n));
#endif
}

/*
** Pointwise operations and their gradients: v_NAME_grad(g, y) is g*f'(x), from the
** output y = f(x), or from the input where layers.c says so.
*/
static inline vec v_relu_grad(vec g, vec y)
{
    return v_select(v_gt(y, v_zero()), g, v_zero());
}

/* x > 0 ? x : slope*x */
static inline vec v_leaky_relu(vec x, real slope)
{
    return v_select(v_gt(x, v_zero()), x, v_mul(v_set1(slope), x));
}

static inline vec v_leaky_relu_grad(vec g, vec y, real slope)
{
    return v_select(v_gt(y, v_zero()), g, v_mul(v_set1(slope), g));
}

static inline vec v_clip(vec x, real low, real high)
{
    const vec least = v_set1(low), most = v_set1(high);
    return v_select(v_gt(least, x), least, v_select(v_gt(x, most), most, x));
}

/* Of x as of what it is clipped to. */
static inline vec v_clip_grad(vec g, vec y, real low, real high)
{
    const vec below = v_select(v_gt(v_set1(high), y), g, v_zero());
    return v_select(v_gt(y, v_set1(low)), below, v_zero());
}

static inline vec v_hardsigmoid(vec x)
{
    return v_mul(v_clip(v_add(x, v_set1(3)), 0, 6), v_set1((real)(1.0 / 6)));
}

static inline vec v_hardsigmoid_grad(vec g, vec y)
{
    return v_clip_grad(v_mul(g, v_set1((real)(1.0 / 6))), y, 0, 1);
}

static inline vec v_hardswish(vec x)
{
    const vec left = v_select(v_eq(x, x), v_zero(), x);
    return v_select(v_gt(x, v_set1(-3)), v_mul(x, v_hardsigmoid(x)), left);
}

/* From the input: 0, (2x + 3)/6 or 1; NaN survives. */
static inline vec v_hardswish_grad(vec g, vec x)
{
    const vec left = v_select(v_eq(x, x), v_zero(), x);
    const vec slope = v_fma(x, v_set1((real)(1.0 / 3)), v_set1((real)0.5));
    const vec right = v_select(v_gt(v_set1(3), x), slope, v_set1(1));
    return v_mul(g, v_select(v_gt(x, v_set1(-3)), right, left));
}

static inline vec v_scale(vec x, real factor)
{
    return v_mul(v_set1(factor), x);
}

static inline vec v_scale_grad(vec g, vec y, real factor)
{
    (void)y;
    return v_mul(v_set1(factor), g);
}

/* 1/(1 + e^-x); below 2^-64 it is 0. */
static inline vec v_sigmoid(vec x)
{
    const vec one = v_set1(1), e = v_exp_below(v_sub(v_zero(), v_abs(x)));
    const vec share = v_div(v_select(v_gt(x, v_zero()), one, e), v_add(one, e));
    return v_flush(share, (real)0x1p-64);
}

static inline vec v_sigmoid_grad(vec g, vec y)
{
    return v_mul(g, v_mul(y, v_sub(v_set1(1), y)));
}

/* Beyond it on either side a sigmoid is below 2^-64 or as near to 1. */
#define V_FLAT (real)44.25

/* x/(1 + e^-x): on either side what it is below max(x, 0) is |x|*e/(1 + e), e = e^-|x|. */
static inline vec v_silu(vec x)
{
    const vec z = v_abs(x), e = v_exp_below(v_sub(v_zero(), z));
    const vec below = v_div(v_mul(z, e), v_add(v_set1(1), e));
    return v_sub(v_relu(x), v_select(v_gt(z, v_set1(V_FLAT)), v_zero(), below));
}

/* From the input. For x and -x slopes add up to 1; the lesser is t*(1 - |x|*(1 - t)) with
** t = e/(1 + e). */
static inline vec v_silu_grad(vec g, vec x)
{
    const vec one = v_set1(1), z = v_abs(x), e = v_exp_below(v_sub(v_zero(), z));
    const vec rest = v_div(one, v_add(one, e));
    vec low = v_mul(v_mul(e, rest), v_fma(v_sub(v_zero(), z), rest, one));
    low = v_select(v_gt(z, v_set1(V_FLAT)), v_zero(), low);
    return v_mul(g, v_select(v_gt(x, v_zero()), v_sub(one, low), low));
}

/*
** log(1 + e^-|x|), which log(1 + e^x) is above max(x, 0). With e = e^-|x| and z = e/(2 + e), at
** most 1/3, it is 2*(z + z^3/3 + z^5/5 + ...); what is left out is below an eighth of an ulp.
*/
static inline vec v_log1p_exp(vec x)
{
#if LATHE_F64
    enum { TERMS = 17 };
#else
    enum { TERMS = 8 };
#endif
    const vec e = v_exp_below(v_sub(v_zero(), v_abs(x)));
    const vec z = v_div(e, v_add(v_set1(2), e)), square = v_mul(z, z);
    vec p = v_set1((real)1 / (2*TERMS - 1));
    for (int k = TERMS - 2; k >= 0; k--)
        p = v_fma(p, square, v_set1((real)1 / (real)(2*k + 1)));
    return v_mul(v_add(z, z), p);
}

/*
** tanh: below 1/4 its Taylor series (the next term is below an eighth of an ulp), above
** 1 - 2/(e^2|x| + 1) with the sign of x.
*/
static inline vec v_tanh(vec x)
{
#if LATHE_F64
    static const real c[] = { 18888466084.0 / 194896477400625, -443861162.0 / 1856156927625,
                              6404582.0 / 10854718875, -929569.0 / 638512875,
                              21844.0 / 6081075, -1382.0 / 155925, 62.0 / 2835, -17.0 / 315,
                              2.0 / 15, -1.0 / 3, 1 };
#else
    static const real c[] = { -1382.0f / 155925, 62.0f / 2835, -17.0f / 315, 2.0f / 15,
                              -1.0f / 3, 1 };
#endif
    const vec one = v_set1(1), size = v_abs(x), square = v_mul(x, x);
    vec p = v_set1(c[0]);
    for (int i = 1; i < (int)(sizeof c / sizeof *c); i++)
        p = v_fma(p, square, v_set1(c[i]));
    vec far = v_sub(one, v_div(v_set1(2), v_add(v_exp(v_add(size, size)), one)));
    far = v_select(v_gt(v_zero(), x), v_sub(v_zero(), far), far);
    return v_select(v_gt(v_set1((real)0.25), size), v_mul(x, p), far);
}

static inline vec v_tanh_grad(vec g, vec y)
{
    return v_mul(g, v_sub(v_set1(1), v_mul(y, y)));
}

/* x > 0 ? x : size*(e^x - 1), by t = tanh(x/2): e^x - 1 = 2t/(1 - t), which loses nothing near
** 0. */
static inline vec v_elu(vec x, real size)
{
    const vec t = v_tanh(v_mul(v_set1((real)0.5), x));
    const vec below = v_div(v_mul(v_set1(2*size), t), v_sub(v_set1(1), t));
    return v_select(v_gt(x, v_zero()), x, below);
}

static inline vec v_elu_grad(vec g, vec y, real size)
{
    return v_select(v_gt(y, v_zero()), g, v_mul(g, v_add(y, v_set1(size))));
}

/* Beyond it on either side the normal distribution's tail would be denormal; it is 0. */
#define V_TAIL (LATHE_F64 ? 37 : (real)11.25)

/*
** P(X >= z)*e^(z*z/2) of the normal distribution, z >= 0. In f32 a quotient of polynomials whose
** terms are all positive, with the least relative error for 0 .. V_TAIL, 2^-28. In f64, with
** y = z/sqrt(2), P(t)/(2*(1 + 2y)), t = (y - 3.75)/(y + 3.75), P interpolated in Chebyshev's points
** (the form of Shepherd and Laframboise, Math. Comp. 36, 1981).
*/
static inline vec v_mills(vec z)
{
    const vec one = v_set1(1);
#if LATHE_F64
    static const real c[] = {
        -0x1.84b3b7b6c1f06p-29, -0x1.19ef4abb47c8cp-29, 0x1.1bc4082c20d41p-25,
        0x1.4aa9a015dc420p-26, -0x1.0d6bcaa83240ap-22, -0x1.bcad56143f766p-25,
        0x1.d466e56d5de7ap-20, -0x1.069714d211bb4p-20, -0x1.7fdfe77e7a8d4p-17,
        0x1.7796ceaa497c1p-16, 0x1.b1409241a36aep-15, -0x1.303fe6fe8cca6p-12,
        0x1.33fb40864f5f3p-12, 0x1.cc3a1273d7d10p-10, -0x1.3f603c54831b2p-7,
        0x1.d0b00373c6737p-6, -0x1.e0d0fa6d55066p-5, 0x1.7a14188acddbep-4,
        -0x1.bda9309a2bcd6p-4, 0x1.510169d09486ap-4, 0x1.d5f294815b008p-9,
        -0x1.1f367683f8979p-3, 0x1.3ccda0b5d5dc2p+0 };
    const vec bend = v_set1((real)3.75), y = v_mul(z, v_set1((real)0x1.6a09e667f3bcdp-1));
    vec t = v_div(v_sub(y, bend), v_add(y, bend)), p = v_set1(c[0]);
    for (int i = 1; i < (int)(sizeof c / sizeof *c); i++)
        p = v_fma(p, t, v_set1(c[i]));
    return v_mul(v_set1((real)0.5), v_div(p, v_add(one, v_add(y, y))));
#else
    static const real above[] = { 0x1.f79bcp-9f, 0x1.3d962cp-5f, 0x1.6bdc7ep-3f, 0x1.b90d48p-2f,
                                  0x1p-1f };
    static const real under[] = { 0x1.3b9552p-7f, 0x1.8e130cp-4f, 0x1.d1b112p-2f, 0x1.2de4bcp+0f,
                                  0x1.a8c8d2p+0f };
    vec p = v_set1(above[0]), q = v_set1(under[0]);
    for (int i = 1; i < 5; i++) {
        p = v_fma(p, z, v_set1(above[i]));
        q = v_fma(q, z, v_set1(under[i]));
    }
    return v_div(p, v_fma(q, z, one));
#endif
}

/* e^(-x*x/2) */
static inline vec v_bell(vec x)
{
#if LATHE_F64
    return v_exp(v_mul(v_mul(x, x), v_set1((real)-0.5)));
#else
    return v_exp_below(v_mul(v_mul(x, x), v_set1((real)-0.5)));
#endif
}

/* The normal distribution's P(X <= x). */
static inline vec v_normal(vec x)
{
    const vec z = v_abs(x);
    vec tail = v_mul(v_bell(x), v_mills(z));
    tail = v_select(v_gt(z, v_set1(V_TAIL)), v_zero(), tail);
    return v_select(v_gt(x, v_zero()), v_sub(v_set1(1), tail), tail);
}

/* x*P(X <= x), the exact form (Hendrycks and Gimpel, arXiv:1606.08415): on either side what it is
** below max(x, 0) is |x| times the tail. */
static inline vec v_gelu(vec x)
{
    const vec z = v_abs(x), below = v_mul(v_mul(z, v_mills(z)), v_bell(x));
    return v_sub(v_relu(x), v_select(v_gt(z, v_set1(V_TAIL)), v_zero(), below));
}

/* From the input: P(X <= x) + x*density(x), which for x and -x add up to 1. */
static inline vec v_gelu_grad(vec g, vec x)
{
    const vec z = v_abs(x), density = v_set1((real)-0x1.9884533d43651p-2);
    vec low = v_mul(v_bell(x), v_fma(z, density, v_mills(z)));
    low = v_select(v_gt(z, v_set1(V_TAIL)), v_zero(), low);
    return v_mul(g, v_select(v_gt(x, v_zero()), v_sub(v_set1(1), low), low));
}
