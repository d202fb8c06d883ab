/*
** isa.c - the machine table: the only place that knows what an instruction set
** has. Accumulators: what gcc 12 and clang 14 were seen to keep in registers
** beside the operands (the object-code test checks it).
*/
#include <string.h>

#include "base/net.h"

#define AVX512 "avx512f,avx512bw,avx512dq,avx512vl"

const struct isa isas[] = {
    { "scalar", "simd/scalar.h",   0, 16, 12, 10, 14, NULL,       NULL,       2 },
    { "avx2",   "simd/avx2.h",   256, 16, 12, 10, 14, "avx2,fma", "avx2,fma", 80 },
    { "avx512", "simd/avx512.h", 512, 32, 28, 19, 30, AVX512,     AVX512,     110 },
    { "neon",   "simd/neon.h",   128, 32, 21, 20, 29, NULL,       NULL,       30 },
};
const int nisas = sizeof isas / sizeof *isas;

const struct isa *isa_find(const char *name)
{
    for (int i = 0; i < nisas; i++)
        if (!strcmp(isas[i].name, name))
            return &isas[i];
    return NULL;
}

const struct isa *isa_native(void)
{
#if defined(__aarch64__)
    return isa_find("neon");
#elif defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return isa_find("avx512");
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return isa_find("avx2");
#endif
    return isa_find("scalar");
}

int isa_vl(const struct isa *isa, bool f64)
{
    return isa->bits ? isa->bits / (f64 ? 64 : 32) : 1;
}
