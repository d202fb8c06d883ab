/*
** simd_runnable.c - the instruction sets whose words are linked, and those of them that run here.
*/
#include <stdio.h>

#include "core/cpu.h"
#include "kernel/simd_words.h"

extern const struct simd_words simd_words_scalar;
#ifdef __x86_64__
extern const struct simd_words simd_words_avx2, simd_words_avx512;
static const struct simd_words *const all_words[] = { &simd_words_scalar, &simd_words_avx2,
                                                      &simd_words_avx512 };
#elif defined(__aarch64__)
extern const struct simd_words simd_words_neon;
static const struct simd_words *const all_words[] = { &simd_words_scalar, &simd_words_neon };
#else
static const struct simd_words *const all_words[] = { &simd_words_scalar };
#endif

int simd_runnable(const struct simd_words **words)
{
    int n = 0;
    for (size_t i = 0; i < sizeof all_words / sizeof *all_words; i++)
        if (cpu_has(all_words[i]->isa))
            words[n++] = all_words[i];
        else
            fprintf(stderr, "skipped: %s, this CPU has it not\n", all_words[i]->isa);
    return n;
}
