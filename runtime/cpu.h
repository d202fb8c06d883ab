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

/* A product and a sum must be rounded each: compiled with -ffast-math or
** contraction the program would print other bits than everybody else's. */
bool cpu_arithmetic_exact(char *err);

#endif
