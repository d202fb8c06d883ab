/*
** cpu.h - what this processor can do, asked before any vector code runs.
*/
#ifndef LATHE_CPU_H
#define LATHE_CPU_H

#include <stdbool.h>

/* Whether the processor and the operating system run code for `isa`: "scalar",
** "avx2" (with FMA), "avx512" (F, BW, DQ, VL) or "neon". */
bool cpu_has(const char *isa);

/* What `isa` asks for, to be named in a message: "AVX2 and FMA". */
const char *cpu_needs(const char *isa);

/* Whether the compiler computes as C says, each operation rounded once, with nans, infinities
** and signed zeros; else this program would print other bits than everybody else's, and err
** names the flag that it was compiled with. exact.h refuses most of them before. */
bool cpu_arithmetic_exact(char *err);

/* Rounding, exceptions and denormals as a program begins with them: a file linked with
** -ffast-math, or a library loaded before it, changes them without a word. */
void cpu_arithmetic_begin(void);

#endif
