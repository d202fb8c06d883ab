/*
** curves.h - the elementary functions of the vocabulary in f32, and what is known of each over all
** 2^32 inputs: its largest error, and a hash of its results, the same on every instruction set.
** Nothing here needs libm: it runs where there is no C library, too.
*/
#ifndef LATHE_TEST_CURVES_H
#define LATHE_TEST_CURVES_H

#include "kernel/simd_words.h"

enum {
    CURVES = 13,
    CURVE_BLOCK = 1 << 14,      /* inputs that are hashed together */
    CURVE_SOME = 9*CURVE_BLOCK  /* inputs that every `make test` takes */
};

struct curve {
    const char *name;
    size_t word;                /* offset in struct simd_words */
    int slope;                  /* 1: a gradient, of 1 and x */
    double ulps;                /* largest error of all inputs, rounded up in its third digit, */
    double least;               /* in ulps of the exact result, or of this, where it is larger; */
    double small;               /* where result and exact result are no larger, none counts */
    float limit[3];             /* of -infinity, -0, +infinity */
    uint64_t all, some;         /* hashes of the results; 0: not known */
};

extern const struct curve curves[CURVES];

/* n: a multiple of LANES. */
void curve_apply(const struct curve *c, const struct simd_words *w, const real *x, real *out,
                 int n);

/* Of CURVE_BLOCK results; block: which. Hashes of several are added. */
uint64_t curve_hash(const real *out, uint64_t block);

/* The k-th of those CURVE_SOME inputs: numbers around every power of two and around the functions'
** own edges, of both signs, NaNs of all kinds, infinities, and every 30,011th of all. */
real curve_input(unsigned k);
uint64_t curve_hash_some(const struct curve *c, const struct simd_words *w);

#endif
