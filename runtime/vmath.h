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
