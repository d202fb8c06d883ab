/*
** simd_cases.c - inputs of the vocabulary's tests, and a hash over the results.
*/
#include "kernel/simd_cases.h"
#include "kernel/curves.h"

#include <math.h>
#include <string.h>

enum { ROUNDS = 200 };

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30))*0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27))*0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

real simd_case(unsigned stream, unsigned i)
{
    static const real special[] = { 0, -(real)0.0, 1, -1, (real)0.5, (real)1.5, (real)2.5,
        (real)-2.5, (real)1e30, (real)-1e30, (real)1e-30, 3, 255, 88, -87, (real)1e9 };
    enum { SPECIAL = sizeof special / sizeof *special };
    uint64_t bits = mix(((uint64_t)stream << 32) + i + 1);
    if (bits % 5 == 0)
        return special[bits / 5 % SPECIAL];
    if (bits % 31 == 1)
        return bits & 64 ? (real)NAN : bits & 128 ? (real)INFINITY : -(real)INFINITY;
    double mantissa = 1 + (double)(bits >> 12)*0x1p-52;
    double value = ldexp(mantissa, (int)(bits % 41) - 20);
    return (real)(bits & 2048 ? -value : value);
}

/* Any bits: subnormal numbers, too. */
static real any_bits(uint64_t bits)
{
    real r;
    memcpy(&r, &bits, sizeof r);
    return r;
}

/*
** What is hard to multiply and add in one rounding: any numbers; a product and what takes nearly
** all of it away; a product of nearly half a last place of c, (1 + e)(1 - e), with which the sum,
** rounded to a few bits more than c has, comes to lie in the middle between two numbers: c of all
** sizes, small ones, the largest subnormal.
*/
static void fma_case(unsigned i, real *a, real *b, real *c)
{
    enum { DIGITS = LATHE_F64 ? 53 : 24, LEAST = LATHE_F64 ? -1074 : -149 };
    const uint64_t bits = mix(i + 1);
    *a = any_bits(bits);
    *b = any_bits(mix(bits));
    *c = any_bits(mix(bits + 1));
    if (bits % 3 == 1)
        *c = -*a**b;
    if (bits % 3 == 2) {
        int power = 0;                                  /* of what is not finite */
        const double e = ldexp((double)(bits >> 16 & 255), 1 - DIGITS);
        if (i & 1)
            *c = (real)ldexp((double)*c, LEAST);
        if (i % 8 == 0)
            *c = (real)(ldexp(1, LEAST + DIGITS - 1) - ldexp(1, LEAST));
        frexp((double)*c, &power);
        power = power - DIGITS > LEAST ? power - DIGITS - 1 : LEAST - 1;
        *a = (real)ldexp(1 + e, power / 2);
        *b = (real)ldexp(1 - e, power - power / 2);
        if (i & 2)
            *b = -*b;
    }
}

/* NaNs differ in sign and payload from machine to machine; the rules let them. */
static uint64_t add_real(uint64_t hash, real r)
{
    uint64_t bits = 0;
    if (r != r)
        bits = 0x7ff8000000000000u;
    else
        memcpy(&bits, &r, sizeof r);
    return mix(hash ^ bits) + 1;
}

static uint64_t add_reals(uint64_t hash, const real *r, int n)
{
    for (int i = 0; i < n; i++)
        hash = add_real(hash, r[i]);
    return hash;
}

static uint64_t hash_round(const struct simd_words *w, uint64_t hash, unsigned round)
{
    real a[LANES], b[LANES], c[LANES], out[LANES], whole[LANES];
    for (unsigned i = 0; i < LANES; i++) {
        a[i] = simd_case(1, round*LANES + i);
        b[i] = simd_case(2, round*LANES + i);
        c[i] = simd_case(3, round*LANES + i);
        whole[i] = (real)((int)(mix(round*LANES + i) % 200) - 100);
    }
    void (*const unary[])(real *, const real *) = {
        w->sqrt, w->abs, w->relu, w->round, w->exp, w->sigmoid, w->tanh, w->normal, w->gelu,
        w->silu, w->log1p_exp, w->clip, w->elu, w->hardsigmoid, w->hardswish };
    void (*const binary[])(real *, const real *, const real *) = {
        w->add, w->sub, w->mul, w->div, w->max, w->select_gt, w->select_eq,
        w->gelu_grad, w->silu_grad, w->hardswish_grad };
    for (size_t k = 0; k < sizeof unary / sizeof *unary; k++) {
        unary[k](out, a);
        hash = add_reals(hash, out, LANES);
    }
    for (size_t k = 0; k < sizeof binary / sizeof *binary; k++) {
        binary[k](out, a, b);
        hash = add_reals(hash, out, LANES);
    }
    w->fma(out, a, b, c);
    hash = add_reals(hash, out, LANES);
    w->mul_add(out, a, b, c);
    hash = add_reals(hash, out, LANES);
    w->pow2(out, whole);
    hash = add_reals(hash, out, LANES);
    w->flush(out, a, (real)0.01);
    hash = add_reals(hash, out, LANES);
    return add_real(hash, w->sum(a));
}

static uint64_t hash_fma(const struct simd_words *w, uint64_t hash, unsigned round)
{
    enum { TIMES = 20 };
    real a[LANES], b[LANES], c[LANES], out[LANES];
    for (unsigned k = 0; k < TIMES; k++) {
        for (unsigned i = 0; i < LANES; i++)
            fma_case((round*TIMES + k)*LANES + i, &a[i], &b[i], &c[i]);
        w->fma(out, a, b, c);
        hash = add_reals(hash, out, LANES);
    }
    return hash;
}

uint64_t simd_hash(const struct simd_words *w)
{
    uint64_t hash = 0;
    for (unsigned round = 0; round < ROUNDS; round++)
        hash = hash_fma(w, hash_round(w, hash, round), round);
#if !LATHE_F64
    for (int k = 0; k < CURVES; k++)
        hash = mix(hash ^ curve_hash_some(&curves[k], w));
#endif
    return hash;
}
