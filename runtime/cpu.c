/*
** cpu.c - instruction sets of the running processor; a self-test of the compiler's
** arithmetic. It must be compiled for the baseline and must never use vectors.
*/
#include <string.h>

#include "cpu.h"
#include "error.h"

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

bool cpu_arithmetic_exact(char *err)
{
    /* (1 + 2^-27)(1 - 2^-27) - 1: the product rounds to 1 unless it is fused. */
    volatile double a = 1 + 0x1p-27, b = 1 - 0x1p-27, c = -1;
    double result = a*b + c;
    if (result != 0)
        return error_set(err, "this program was compiled so that a*b + c is one operation; "
                         "compile it without -ffast-math and -ffp-contract=fast");
    return true;
}
