/*
** cpu.c - instruction sets of the running processor; a self-test of the compiler's
** arithmetic. It must be compiled for the baseline and must never use vectors.
*/
#include "core/cpu.h"

#include <fenv.h>
#include <math.h>
#include <string.h>

#include "base/error.h"

bool cpu_has(const char *isa)
{
    if (strcmp(isa, "scalar") == 0)
        return true;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (strcmp(isa, "avx2") == 0)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (strcmp(isa, "avx512") == 0)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("fma");
#elif defined(__aarch64__)
    if (strcmp(isa, "neon") == 0)
        return true;   /* part of the architecture */
#endif
    return false;
}

const char *cpu_needs(const char *isa)
{
    static const char *const needs[][2] = {
        { "avx2", "AVX2 and FMA" },
        { "avx512", "AVX-512 (F, BW, DQ and VL)" },
        { "neon", "NEON (AArch64)" }
    };
    for (size_t k = 0; k < sizeof needs / sizeof *needs; k++)
        if (strcmp(isa, needs[k][0]) == 0)
            return needs[k][1];
    return isa;
}

/* What no compiler can know, so that it computes it when the program runs. */
static volatile double cpu_zero = 0, cpu_one = 1, cpu_three = 3, cpu_near = 1 + 0x1p-27,
                       cpu_below = 1 - 0x1p-27, cpu_huge = 0x1p1023;

static bool cpu_rounds_products(void)
{
    /* (1 + 2^-27)(1 - 2^-27) - 1: the product rounds to 1 unless it is fused. */
    double a = cpu_near, b = cpu_below, c = -cpu_one;
    return a*b + c == 0;
}

static bool cpu_keeps_range(void)
{
    double a = cpu_huge, b = 2*cpu_one;
    return a*b/b > a;
}

static bool cpu_keeps_order(void)
{
    double a = cpu_one, b = cpu_huge;
    return a + b - b == 0;
}

/* x/3 is not x*(1/3) for one x in three. The table is made by the compiler, which divides. */
static bool cpu_divides(void)
{
    static const double third[] = { 1/3.0, 2/3.0, 3/3.0, 4/3.0, 5/3.0, 6/3.0, 7/3.0, 8/3.0, 9/3.0,
                                    10/3.0, 11/3.0, 12/3.0, 13/3.0, 14/3.0 };
    double three = cpu_three;
    int same = 0, count = sizeof third / sizeof *third;
    for (int k = 0; k < count; k++) {
        double x = cpu_one*(k + 1);
        same += x/3 == third[k] && x/three == third[k];
    }
    return same == count;
}

static bool cpu_knows_nan(void)
{
    double a = cpu_zero, nan = a/a, infinite = 1/a;
    return nan != nan && isnan(nan*a) && !(nan < a) && !isfinite(infinite) && isinf(-infinite);
}

static bool cpu_knows_signs(void)
{
    double a = -cpu_zero, sum = a + 0.0, nothing = 0 - cpu_zero;
    return !signbit(sum) && signbit(a) && !signbit(nothing);
}

static bool cpu_has_doubles(void)
{
    volatile double tenth = cpu_one/(cpu_three*3 + cpu_one), constant = 0.1;
    return constant == tenth;
}

static const struct { bool (*holds)(void); const char *flag, *what; } cpu_arithmetic[] = {
    { cpu_has_doubles, "-fsingle-precision-constant", "constants are rounded to float" },
    { cpu_keeps_order, "-fassociative-math", "sums are not added in their order" },
    { cpu_knows_nan, "-ffinite-math-only", "a nan or an infinity is not seen" },
    { cpu_keeps_range, "-mfpmath=387", "numbers have more digits between two operations" },
    { cpu_rounds_products, "-ffp-contract=fast", "a*b + c is one operation" },
    { cpu_divides, "-freciprocal-math", "a quotient is a product" },
    { cpu_knows_signs, "-fno-signed-zeros", "a zero has no sign" },
};

bool cpu_arithmetic_exact(char *err)
{
    for (size_t k = 0; k < sizeof cpu_arithmetic / sizeof *cpu_arithmetic; k++)
        if (!cpu_arithmetic[k].holds())
            return error_set(err, "this program was compiled so that %s: compile it without %s and "
                             "without -ffast-math", cpu_arithmetic[k].what,
                             cpu_arithmetic[k].flag);
    return true;
}

void cpu_arithmetic_begin(void)
{
    fesetenv(FE_DFL_ENV);
}
