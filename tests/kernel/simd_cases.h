/*
** simd_cases.h - inputs of the vocabulary's tests, and one hash over what a set of
** words makes of them: the same on every instruction set.
*/
#ifndef LATHE_TEST_SIMD_CASES_H
#define LATHE_TEST_SIMD_CASES_H

#include "kernel/simd_words.h"

/* Value i of stream `stream`: NaN, infinities, zeros of both signs, halves, numbers
** at the edges, and random ones of all sizes (no denormals: machines differ there). */
real simd_case(unsigned stream, unsigned i);

uint64_t simd_hash(const struct simd_words *w);

#endif
