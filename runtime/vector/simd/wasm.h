/*
** wasm.h - the part of the vocabulary that inference needs, in 4 floats a vector, for WebAssembly.
** scalar.h says what each word means. It is GNU C's vectors, of which clang makes SIMD128 with
** -msimd128, and the same bits one by one without.
*/
#include <stdint.h>
#include <string.h>
#undef VL
#undef VC
#define VL 4                    /* reals of a vector */
#define VC 4
typedef real vec __attribute__((vector_size(16)));
typedef int32_t vmask __attribute__((vector_size(16)));     /* 0 or -1 */

static inline vec v_set1(real a)
{
    const vec all = { a, a, a, a };
    return all;
}
static inline vec v_zero(void) { return v_set1(0); }
static inline vec v_load_part(const real *p, int n)
{
    vec a = v_zero();
    memcpy(&a, p, (size_t)n*sizeof *p);
    return a;
}
static inline void v_store_part(real *p, vec a, int n) { memcpy(p, &a, (size_t)n*sizeof *p); }
static inline vec v_load(const real *p) { return v_load_part(p, VL); }
static inline void v_store(real *p, vec a) { v_store_part(p, a, VL); }

static inline vec v_add(vec a, vec b) { return a + b; }
static inline vec v_sub(vec a, vec b) { return a - b; }
static inline vec v_mul(vec a, vec b) { return a*b; }
static inline vec v_div(vec a, vec b) { return a/b; }

static inline vmask v_gt(vec a, vec b) { return (vmask)(a > b); }
static inline vmask v_eq(vec a, vec b) { return (vmask)(a == b); }
static inline vec v_select(vmask m, vec a, vec b)
{
    return (vec)(((vmask)a & m) | ((vmask)b & ~m));
}

/* Where clang knows that one is 0 it makes WebAssembly's max of a comparison, for which 0 > -0. */
static inline vec v_max(vec a, vec b)
{
#ifdef __wasm_simd128__
    return __builtin_wasm_pmax_f32x4(b, a);
#else
    const volatile vec unknown = a;
    vec most = unknown;
    for (int i = 0; i < VL; i++)
        most[i] = most[i] > b[i] ? most[i] : b[i];
    return most;
#endif
}
static inline vec v_relu(vec a) { return v_max(v_zero(), a); }
static inline vec v_abs(vec a) { return (vec)((vmask)a & INT32_MAX); }
static inline vec v_flush(vec a, real limit)
{
    return v_select(v_gt(v_set1(limit), v_abs(a)), v_zero(), a);
}

/* From 2^23 on all are integers. */
static inline vec v_round(vec a)
{
    const vec much = v_set1(8388608), size = v_abs(a), whole = size + much - much;
    return v_select(v_gt(much, size), (vec)((vmask)whole | ((vmask)a ^ (vmask)size)), a);
}

/* Of a sum with 3*2^22 the last place is 1. */
static inline vec v_pow2(vec a)
{
    typedef uint32_t bits __attribute__((vector_size(16)));
    return (vec)((bits)(a + v_set1(12582912 + 127)) << 23);
}

#if defined LATHE_RELAXED_MADD
/* For engines where f32x4.relaxed_madd rounds once, as it may. clang before 16 calls it fma, and
** gives it the opcode of a draft, FD AF 01, which has since become FD 85 02. */
static inline vec v_fma(vec a, vec b, vec c)
{
#if defined __clang_major__ && __clang_major__ < 16
    return __builtin_wasm_fma_f32x4(a, b, c);
#else
    return __builtin_wasm_relaxed_madd_f32x4(a, b, c);
#endif
}
#else
typedef double v_pair __attribute__((vector_size(16)));
typedef int64_t v_pair_bits __attribute__((vector_size(16)));

/* Two halves as one. With GNU C's words for it clang converts what is in them value by value, which
** takes three times as long. */
#if defined __wasm_simd128__
typedef signed char v_bytes __attribute__((vector_size(16)));
static inline vec v_lows(vec a, vec b)
{
    return (vec)__builtin_wasm_shuffle_i8x16((v_bytes)a, (v_bytes)b, 0, 1, 2, 3, 4, 5, 6, 7,
                                             16, 17, 18, 19, 20, 21, 22, 23);
}
static inline vec v_highs(vec a, vec b)
{
    return (vec)__builtin_wasm_shuffle_i8x16((v_bytes)a, (v_bytes)b, 8, 9, 10, 11, 12, 13, 14, 15,
                                             24, 25, 26, 27, 28, 29, 30, 31);
}
static inline int v_any(vmask m) { return __builtin_wasm_any_true_v128((v_bytes)m); }
#else
static inline vec v_lows(vec a, vec b) { return __builtin_shufflevector(a, b, 0, 1, 4, 5); }
static inline vec v_highs(vec a, vec b) { return __builtin_shufflevector(a, b, 2, 3, 6, 7); }
static inline int v_any(vmask m) { return m[0] | m[1] | m[2] | m[3]; }
#endif

static inline v_pair v_widen(vec a)
{
    return __builtin_convertvector(__builtin_shufflevector(a, a, 0, 1), v_pair);
}
static inline vec v_narrow(v_pair low, v_pair high)
{
    typedef real half __attribute__((vector_size(8)));
    const half none = { 0, 0 };
    const vec a = __builtin_shufflevector(__builtin_convertvector(low, half), none, 0, 1, 2, 3);
    const vec b = __builtin_shufflevector(__builtin_convertvector(high, half), none, 0, 1, 2, 3);
    return v_lows(a, b);
}

/* sum, which is a + b, rounded to odd: plain.h says why. */
static inline v_pair v_to_odd(v_pair a, v_pair b, v_pair sum)
{
    const v_pair zero = { 0, 0 }, part = sum - a;
    const v_pair error = (a - (sum - part)) + (b - part);
    const v_pair_bits above = (v_pair_bits)(error > zero), below = (v_pair_bits)(error < zero);
    const v_pair_bits outward = ~(above ^ (v_pair_bits)(sum > zero));   /* lies the true sum */
    const v_pair_bits even = ((v_pair_bits)sum & 1) - 1;
    return (v_pair)((v_pair_bits)sum + (((outward & 2) - 1) & (above | below) & even));
}

/*
** In double a product is exact, and the second rounding of a sum does harm only where the first one
** came to lie in the middle between two floats: of its last 29 bits the first alone is 1. Among
** subnormal floats the middle has other bits: they, and 2^-126, to which they are rounded, are in
** doubt all. (One that is rounded to 0 was exact.)
*/
static inline vec v_fma(vec a, vec b, vec c)
{
    typedef uint32_t bits __attribute__((vector_size(16)));
    const v_pair c1 = v_widen(c), c2 = v_widen(v_highs(c, c)), product1 = v_widen(a)*v_widen(b);
    const v_pair product2 = v_widen(v_highs(a, a))*v_widen(v_highs(b, b));
    const v_pair sum1 = product1 + c1, sum2 = product2 + c2;
    const vec sum = v_narrow(sum1, sum2);
    const vmask tail = __builtin_shufflevector((vmask)sum1, (vmask)sum2, 0, 2, 4, 6);
    const vmask middle = (vmask)((tail & 0x1fffffff) == 0x10000000);
    const vmask tiny = (vmask)((vmask)((bits)sum*2 + INT32_MAX) < INT32_MIN + 0x1000000);
    if (__builtin_expect(v_any(middle | tiny), 0))
        return v_narrow(v_to_odd(product1, c1, sum1), v_to_odd(product2, c2, sum2));
    return sum;
}
#endif

static inline void v_prefetch(const void *p) { (void)p; }
static inline void v_keep(void) { __asm__ volatile("" ::: "memory"); }

/* There are no words for it. */
static inline unsigned v_flush_subnormals(void) { return 0; }
static inline void v_restore_subnormals(unsigned old) { (void)old; }
