/*
** simd_words.c - compiled once for every instruction set:
** cc -DISA=avx2 -DISA_HEADER='"vector/simd/avx2.h"' -DTARGET='"avx2,fma"' -c simd_words.c
** without TARGET for the baseline. The preamble is that of emitted programs.
*/
#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#else
#pragma GCC optimize("fp-contract=off")
#endif
#include "kernel/simd_words.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
#define JOIN_OF(a, b) a##b
#define JOIN(a, b) JOIN_OF(a, b)
#define PRAGMA_OF(x) _Pragma(#x)
#define PRAGMA(x) PRAGMA_OF(x)

#ifdef TARGET
#ifdef __clang__
#pragma clang attribute push(__attribute__((target(TARGET))), apply_to = function)
#else
#pragma GCC push_options
PRAGMA(GCC target(TARGET))
#endif
#endif

#include ISA_HEADER
#include "vector/vmath.h"

#define UNARY(name, word)                                                       \
    static void word_##name(real *out, const real *a)                           \
    {                                                                           \
        for (int i = 0; i < LANES; i += VL)                                     \
            v_store(out + i, word(v_load(a + i)));                              \
    }
#define BINARY(name, expression)                                                \
    static void word_##name(real *out, const real *pa, const real *pb)          \
    {                                                                           \
        for (int i = 0; i < LANES; i += VL) {                                   \
            vec a = v_load(pa + i), b = v_load(pb + i);                         \
            v_store(out + i, expression);                                       \
        }                                                                       \
    }

static inline vec clip_some(vec x) { return v_clip(x, (real)-1.5, 2); }
static inline vec elu_some(vec x) { return v_elu(x, (real)1.25); }

UNARY(sqrt, v_sqrt)
UNARY(abs, v_abs)
UNARY(relu, v_relu)
UNARY(round, v_round)
UNARY(exp, v_exp)
UNARY(pow2, v_pow2)
UNARY(sigmoid, v_sigmoid)
UNARY(tanh, v_tanh)
UNARY(normal, v_normal)
UNARY(gelu, v_gelu)
UNARY(silu, v_silu)
UNARY(log1p_exp, v_log1p_exp)
UNARY(clip, clip_some)
UNARY(elu, elu_some)
UNARY(hardsigmoid, v_hardsigmoid)
UNARY(hardswish, v_hardswish)
BINARY(add, v_add(a, b))
BINARY(sub, v_sub(a, b))
BINARY(mul, v_mul(a, b))
BINARY(div, v_div(a, b))
BINARY(max, v_max(a, b))
BINARY(gelu_grad, v_gelu_grad(a, b))
BINARY(silu_grad, v_silu_grad(a, b))
BINARY(hardswish_grad, v_hardswish_grad(a, b))
BINARY(select_gt, v_select(v_gt(a, b), a, v_set1(7)))
BINARY(select_eq, v_select(v_eq(a, b), a, v_set1(7)))

static void word_fma(real *out, const real *a, const real *b, const real *c)
{
    for (int i = 0; i < LANES; i += VL)
        v_store(out + i, v_fma(v_load(a + i), v_load(b + i), v_load(c + i)));
}

static void word_mul_add(real *out, const real *a, const real *b, const real *c)
{
    for (int i = 0; i < LANES; i += VL)
        v_store(out + i, v_add(v_mul(v_load(a + i), v_load(b + i)), v_load(c + i)));
}

static void word_flush(real *out, const real *a, real limit)
{
    for (int i = 0; i < LANES; i += VL)
        v_store(out + i, v_flush(v_load(a + i), limit));
}

static void word_bytes(uint8_t *out, const uint8_t *in)
{
    for (int i = 0; i < LANES; i += VL)
        v_store_u8(out + i, v_load_u8(in + i));
}

static void word_load_part(real *out, const real *in, int n)
{
    v_store(out, v_load_part(in, n));
}

static void word_store_part(real *out, const real *in, int n)
{
    v_store_part(out, v_load(in), n);
}

static void word_load_u8_part(real *out, const uint8_t *in, int n)
{
    v_store(out, v_load_u8_part(in, n));
}

static void word_store_u8_part(uint8_t *out, const real *in, int n)
{
    v_store_u8_part(out, v_load(in), n);
}

static real word_sum(const real *lanes)
{
    vec v[LANES / VL];
    for (int i = 0; i < LANES / VL; i++)
        v[i] = v_load(lanes + i*VL);
    v_prefetch(lanes);
    v_keep();
    return v_sum(v);
}

static void word_choose(real *out, const real *four, const uint8_t *which)
{
    real choices[LANES];
    for (int i = 0; i < LANES; i += VL)
        v_store(choices + i, v_choice(v_load_u8(which + i)));
    for (int i = 0; i < LANES; i += VL)
        v_store(out + i, v_choose(four, v_load(choices + i)));
}

static void word_columns(real *out, const real *in, int row)
{
    vec column[VC];
    for (int from = 0; from < VL; from += VC) {
        v_columns(in + from, row, column);
        for (int c = 0; c < VC; c++)
            v_store(out + (from + c)*VL, column[c]);
    }
}

const struct simd_words JOIN(simd_words_, ISA) = {
    TEXT(ISA), VL, word_add, word_sub, word_mul, word_div, word_max, word_fma, word_mul_add,
    word_sqrt, word_abs, word_relu, word_round, word_exp, word_pow2, word_sigmoid,
    word_tanh, word_normal, word_gelu, word_gelu_grad, word_silu, word_silu_grad,
    word_log1p_exp, word_clip, word_elu, word_hardsigmoid, word_hardswish, word_hardswish_grad,
    word_flush,
    word_select_gt, word_select_eq, word_bytes, word_load_part, word_store_part,
    word_load_u8_part, word_store_u8_part, word_sum, word_choose, word_columns,
};

#ifdef TARGET
#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
