/*
** immintrin.h - gcc's, up to AVX2: what came later takes a third to half a second of every
** compilation. tests/cc.sh has it found by files that need nothing of that.
*/
#if defined(__GNUC__) && !defined(__clang__)
#ifndef _IMMINTRIN_H_INCLUDED
#define _IMMINTRIN_H_INCLUDED           /* what each of them asks for */
#include <smmintrin.h>
#include <avxintrin.h>
#include <avx2intrin.h>
#include <fmaintrin.h>
#endif
#else
#include_next <immintrin.h>
#endif
