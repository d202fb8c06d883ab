/*
** isa.c - the machine table: the only place that knows what an instruction set
** has. Accumulators: what gcc 12 and clang 14 were seen to keep in registers
** beside the operands (the object-code test checks it).
*/
#include "base/isa.h"

#include <string.h>

#define AVX512 "avx512f,avx512bw,avx512dq,avx512vl"

const struct isa isas[] = {
    { .name = "scalar", .header = "simd/scalar.h", .bits = 0, .registers = 16,
      .accumulators = 12, .shallow = 10, .gradient = 14, .gflops = 2 },
    { .name = "avx2", .header = "simd/avx2.h", .bits = 256, .registers = 16,
      .accumulators = 12, .shallow = 10, .gradient = 14,
      .gcc_target = "avx2,fma", .clang_target = "avx2,fma", .stack = 8192, .gflops = 80 },
    { .name = "avx512", .header = "simd/avx512.h", .bits = 512, .registers = 32,
      .accumulators = 28, .shallow = 19, .gradient = 30,
      .gcc_target = AVX512, .clang_target = AVX512, .stack = 8192, .gflops = 110 },
    { .name = "neon", .header = "simd/neon.h", .bits = 128, .registers = 32,
      .accumulators = 21, .shallow = 20, .gradient = 29, .stack = 8192, .gflops = 30 },
    { .name = "wasm", .header = "simd/wasm.h", .bits = 128, .registers = 16,
      .accumulators = 8, .shallow = 8, .gradient = 8, .inference = true,
      .stack = 8192, .gflops = 15 },
    { .name = "c", .header = "simd/plain.h", .bits = 0, .registers = 32,
      .accumulators = 24, .shallow = 24, .gradient = 24, .inference = true,
      .stack = 4096, .gflops = 1 },
    { .name = "cortex-m", .header = "simd/plain.h", .bits = 0, .registers = 32,
      .accumulators = 16, .shallow = 24, .gradient = 24, .inference = true, .runs = true,
      .stack = 1024, .gflops = 0.3 },
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
