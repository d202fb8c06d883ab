/*
** program.c - the frame of an emitted file.
*/
/* @here banner */
#define _GNU_SOURCE     /* affinity mask, huge pages */
#ifdef __FAST_MATH__
#error "this program promises the same bits everywhere: compile it without -ffast-math"
#endif
#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#else
#pragma GCC optimize("fp-contract=off")
#endif
/* @here headers */
/* @here kernels */
/* @here models */
/* @here runtime */
