/*
** exact.h - what "the same bits everywhere" asks of the compiler. Every file of a program begins
** with it: flags that would change a bit are taken back here where the compiler can, and refused
** where it cannot. What no macro tells, cpu_arithmetic_exact finds when the program starts.
** docs/flags.md lists the flags that were tried.
*/
#ifndef LATHE_EXACT_H
#define LATHE_EXACT_H

/* One rounding for each operation. clang takes back all that belongs to -ffast-math, too, except
** that it sets __FAST_MATH__ and __FINITE_MATH_ONLY__, which headers of the system read. */
#ifdef __clang__
#pragma float_control(precise, on)
#pragma STDC FP_CONTRACT OFF
#endif

/* An evaluation method of 16 concerns half precision alone: aarch64 has it with +fp16. */
#ifdef __FAST_MATH__
#error "this program promises the same bits everywhere: compile it without -ffast-math (-Ofast)"
#elif __FINITE_MATH_ONLY__
#error "this program must see a nan: compile it without -ffinite-math-only"
#elif defined __ASSOCIATIVE_MATH__ && defined __RECIPROCAL_MATH__
#error "the same bits everywhere: compile it without -funsafe-math-optimizations"
#elif defined __ASSOCIATIVE_MATH__
#error "the same bits everywhere: compile it without -fassociative-math"
#elif defined __RECIPROCAL_MATH__
#error "the same bits everywhere: compile it without -freciprocal-math"
#elif defined __NO_SIGNED_ZEROS__
#error "the same bits everywhere: compile it without -fno-signed-zeros"
#elif defined __FLT_EVAL_METHOD__ && __FLT_EVAL_METHOD__ != 0 && __FLT_EVAL_METHOD__ != 16
#error "the same bits everywhere: compile it without -mfpmath=387 (on 32 bits: with -mfpmath=sse)"
#endif

/* No macro tells the rest of -funsafe-math-optimizations. This stands after the macros that it
** takes back, too, so that those who gave such a flag hear of it. */
#ifndef __clang__
#pragma GCC optimize("fp-contract=off", "no-unsafe-math-optimizations")
#endif

_Static_assert(sizeof 1.0 == 8 && sizeof 1.0f == 4,
               "the same bits everywhere: compile it without -fsingle-precision-constant");

/* Laid out as the library and the system have it. */
struct exact_layout { char first; double second; };
enum exact_size { EXACT_SIZE };
_Static_assert(sizeof(struct exact_layout) > 1 + sizeof(double),
               "compile it without -fpack-struct");
_Static_assert(sizeof(enum exact_size) == sizeof(int), "compile it without -fshort-enums");

#endif
