/*
** simd_words.h - the words of the SIMD vocabulary as plain functions over arrays of
** LANES values, so that a test can call those of every instruction set alike.
*/
#ifndef LATHE_TEST_SIMD_WORDS_H
#define LATHE_TEST_SIMD_WORDS_H

#include "core/model.h"

/* One vector after the other over LANES values; out, a, b, c may lie anywhere. */
struct simd_words {
    const char *isa;
    int vl;
    void (*add)(real *out, const real *a, const real *b);
    void (*sub)(real *out, const real *a, const real *b);
    void (*mul)(real *out, const real *a, const real *b);
    void (*div)(real *out, const real *a, const real *b);
    void (*max)(real *out, const real *a, const real *b);
    void (*fma)(real *out, const real *a, const real *b, const real *c);
    void (*mul_add)(real *out, const real *a, const real *b, const real *c);  /* two roundings */
    void (*sqrt)(real *out, const real *a);
    void (*abs)(real *out, const real *a);
    void (*relu)(real *out, const real *a);
    void (*round)(real *out, const real *a);
    void (*exp)(real *out, const real *a);
    void (*pow2)(real *out, const real *a);
    void (*sigmoid)(real *out, const real *a);
    void (*tanh)(real *out, const real *a);
    void (*normal)(real *out, const real *a);
    void (*gelu)(real *out, const real *a);
    void (*gelu_grad)(real *out, const real *g, const real *x);
    void (*silu)(real *out, const real *a);
    void (*silu_grad)(real *out, const real *g, const real *x);
    void (*log1p_exp)(real *out, const real *a);
    void (*clip)(real *out, const real *a);     /* -1.5 2 */
    void (*elu)(real *out, const real *a);      /* 1.25 */
    void (*hardsigmoid)(real *out, const real *a);
    void (*hardswish)(real *out, const real *a);
    void (*hardswish_grad)(real *out, const real *g, const real *x);
    void (*flush)(real *out, const real *a, real limit);
    void (*select_gt)(real *out, const real *a, const real *b);     /* a > b ? a : 7 */
    void (*select_eq)(real *out, const real *a, const real *b);
    void (*bytes)(uint8_t *out, const uint8_t *in);                 /* there and back */
    void (*load_part)(real *out, const real *in, int n);            /* out: vl values */
    void (*store_part)(real *out, const real *in, int n);           /* in: vl values */
    void (*load_u8_part)(real *out, const uint8_t *in, int n);
    void (*store_u8_part)(uint8_t *out, const real *in, int n);
    real (*sum)(const real *lanes);
    void (*choose)(real *out, const real *four, const uint8_t *which);
    void (*columns)(real *out, const real *in, int row);            /* vl rows; out: vl*vl values */
};

/* Those that this CPU runs, scalar first; returns their number (at most 4). */
int simd_runnable(const struct simd_words **words);

#endif
