/*
** simd_hash.c - prints the hash of one instruction set's words, given as -DISA=neon;
** for machines that have no Criterion. Compared with the hash of scalar words.
*/
#include <inttypes.h>
#include <stdio.h>

#include "kernel/simd_cases.h"

#define JOIN_OF(a, b) a##b
#define JOIN(a, b) JOIN_OF(a, b)
extern const struct simd_words JOIN(simd_words_, ISA);

int main(void)
{
    printf("%016" PRIx64 "\n", simd_hash(&JOIN(simd_words_, ISA)));
    return 0;
}
