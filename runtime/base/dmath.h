/*
** dmath.h - functions of one double with the same bits everywhere: libm's own
** change between its variants on one CPU. Only + - * / fma sqrt and bits are used,
** none of them contracted.
*/
#ifndef LATHE_DMATH_H
#define LATHE_DMATH_H

/* e^x within 1 ulp; inf above 709.78, 0 below -745.13 (results below 2^-1022 are
** less exact). NaN survives. */
double math_exp(double x);

/* Natural logarithm within 1.5 ulp; -inf at 0, NaN below. */
double math_log(double x);

/* |x| up to 2^20, within 2 ulp of 1: an absolute error of 2^-52. */
double math_sin(double x);
double math_cos(double x);

/* The x with P(standard normal <= x) = p, for 0 < p < 1; relative error about
** 1e-15 (Wichura: Algorithm AS 241, PPND16, Applied Statistics 37, 1988). */
double math_normal(double p);

#endif
