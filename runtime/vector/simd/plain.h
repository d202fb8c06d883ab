/*
** plain.h - the part of the vocabulary that inference needs, in C99 without a library, one value a
** vector. The words mean what scalar.h says; the same rules for its lines.
*/
#include <stdint.h>
#undef VL
#undef VC
#define VL 1                    /* reals of a vector */
#define VC 1
typedef real vec;
typedef int vmask;

static inline vec v_zero(void) { return 0; }
static inline vec v_set1(real a) { return a; }
static inline vec v_load(const real *p) { return *p; }
static inline void v_store(real *p, vec a) { *p = a; }
static inline vec v_load_part(const real *p, int n) { (void)n; return *p; }
static inline void v_store_part(real *p, vec a, int n) { (void)n; *p = a; }

static inline vec v_add(vec a, vec b) { return a + b; }
static inline vec v_sub(vec a, vec b) { return a - b; }
static inline vec v_mul(vec a, vec b) { return a*b; }
static inline vec v_div(vec a, vec b) { return a/b; }

/*
** a*b + c with one rounding. Without such an instruction: a*b is exact in double; of the sum the
** rounding error tells on which side the true one lies, and a last bit that is 1 wherever there is
** an error ("round to odd", Boldo and Melquiond, IEEE Trans. Computers 57, 2008) lets the second
** rounding do no harm.
*/
static inline vec v_fma(vec a, vec b, vec c)
{
#if defined __FP_FAST_FMAF || defined __FMA__ || defined __ARM_FEATURE_FMA
    return __builtin_fmaf(a, b, c);
#else
    union { double value; uint64_t bits; } u;
    const double product = (double)a*(double)b, sum = product + (double)c;
    const double part = sum - product, error = (product - (sum - part)) + ((double)c - part);
    u.value = sum;
    if ((error > 0 || error < 0) && !(u.bits & 1))      /* of an infinite sum it is a nan */
        u.bits += (error > 0) == (sum > 0) ? 1 : (uint64_t)-1;
    return (real)u.value;
#endif
}

/* To the nearest integer, halves to even; of |a| below 2^22, as v_exp has it. */
static inline vec v_round(vec a)
{
    const volatile real much = 12582912;    /* 3*2^22: the last place is 1 */
    return a + much - much;
}

/* 2^a for an integral a whose result is a normal number. */
static inline vec v_pow2(vec a)
{
    union { uint32_t bits; real value; } u;
    u.bits = (uint32_t)((int32_t)a + 127) << 23;
    return u.value;
}

static inline vec v_max(vec a, vec b)
{
#ifdef __wasm__     /* where clang knows that one is 0 it makes its max of it, for which 0 > -0 */
    const volatile vec unknown = a;
    a = unknown;
#endif
    return a > b ? a : b;
}
static inline vec v_relu(vec a) { return v_max(0, a); }
static inline vec v_abs(vec a) { return a < 0 ? -a : a + 0; }

static inline vmask v_gt(vec a, vec b) { return a > b; }
static inline vmask v_eq(vec a, vec b) { return a == b; }
static inline vec v_select(vmask m, vec a, vec b) { return m ? a : b; }

/* +0 where |a| < limit, else a: NaN survives. */
static inline vec v_flush(vec a, real limit) { return -limit < a && a < limit ? 0 : a; }

static inline void v_prefetch(const void *p) { (void)p; }

/* The compiler may move no memory access across: keeps it from sharing loads. */
static inline void v_keep(void)
{
#ifdef __GNUC__
    __asm__ volatile("" ::: "memory");
#endif
}

/* C has no words for it. */
static inline unsigned v_flush_subnormals(void) { return 0; }
static inline void v_restore_subnormals(unsigned old) { (void)old; }

/*
** 4 pixels by 4 channels: acc[4*j + n] += x[j*pixel + k]*w[4*k + n] for k from 0 to steps, which is
** even, one after the other. A Cortex-M has 32 registers for floats and fills several of them by
** one instruction: 39 instructions for 32 products.
*/
static inline void v_run(vec *acc, const real *x, ptrdiff_t pixel, const real *w, int steps)
{
#if defined __GNUC__ && defined __thumb2__ && defined __ARM_FEATURE_FMA && (__ARM_FP & 4)
#define V_FMA(sum, a, b) "vfma.f32 s" #sum ", s" #a ", s" #b "\n\t"
    const real *x1 = x + pixel, *x2 = x + 2*pixel, *x3 = x + 3*pixel;
    __asm__ volatile(
        "vldmia %[acc], {s0-s15}\n\t"
        "1:\n\t"
        "vldmia %[w]!, {s24-s31}\n\t"
        "vldmia %[x0]!, {s16-s17}\n\t"
        "vldmia %[x1]!, {s18-s19}\n\t"
        "vldmia %[x2]!, {s20-s21}\n\t"
        "vldmia %[x3]!, {s22-s23}\n\t"
        "subs %[steps], %[steps], #2\n\t"
        V_FMA(0, 16, 24) V_FMA(1, 16, 25) V_FMA(2, 16, 26) V_FMA(3, 16, 27)
        V_FMA(4, 18, 24) V_FMA(5, 18, 25) V_FMA(6, 18, 26) V_FMA(7, 18, 27)
        V_FMA(8, 20, 24) V_FMA(9, 20, 25) V_FMA(10, 20, 26) V_FMA(11, 20, 27)
        V_FMA(12, 22, 24) V_FMA(13, 22, 25) V_FMA(14, 22, 26) V_FMA(15, 22, 27)
        V_FMA(0, 17, 28) V_FMA(1, 17, 29) V_FMA(2, 17, 30) V_FMA(3, 17, 31)
        V_FMA(4, 19, 28) V_FMA(5, 19, 29) V_FMA(6, 19, 30) V_FMA(7, 19, 31)
        V_FMA(8, 21, 28) V_FMA(9, 21, 29) V_FMA(10, 21, 30) V_FMA(11, 21, 31)
        V_FMA(12, 23, 28) V_FMA(13, 23, 29) V_FMA(14, 23, 30) V_FMA(15, 23, 31)
        "bne 1b\n\t"
        "vstmia %[acc], {s0-s15}"
        : [w] "+r" (w), [x0] "+r" (x), [x1] "+r" (x1), [x2] "+r" (x2), [x3] "+r" (x3),
          [steps] "+r" (steps)
        : [acc] "r" (acc)
        : "cc", "memory", "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11",
          "s12", "s13", "s14", "s15", "s16", "s17", "s18", "s19", "s20", "s21", "s22", "s23", "s24",
          "s25", "s26", "s27", "s28", "s29", "s30", "s31");
#else
    for (int k = 0; k < steps; k++)
        for (int j = 0; j < 4; j++)
            for (int n = 0; n < 4; n++)
                acc[4*j + n] = v_fma(x[j*pixel + k], w[4*k + n], acc[4*j + n]);
#endif
}
