/*
** exact.h - the elementary functions in double by libm, what those of the vocabulary in f32 are
** measured against.
*/
#ifndef LATHE_TEST_EXACT_H
#define LATHE_TEST_EXACT_H

#include "kernel/curves.h"

/* Of finite inputs; curve: its number in the table. */
void exact_values(int curve, const double *x, double *y, int n);

/* The largest error over inputs x[0 .. n-1], in ulps of the exact result; beyond the greatest
** number comes 2^128. What infinities and NaN give and the signs of zeros are not measured but
** compared with the table: another result is infinitely far. *at: where, if it is above *worst. */
void exact_worst(int curve, const real *x, const real *out, int n, double *worst, real *at);

#endif
