/*
** small.h - arithmetic that every floor of the generator needs. Nothing in it may know a network.
*/
#ifndef LATHE_SMALL_H
#define LATHE_SMALL_H

#include <stddef.h>

/* How many parts of `by` hold n; n >= 0. */
static inline int ceil_div(int n, int by)
{
    return (n + by - 1) / by;
}

/* The least multiple of `to` that is not below n. */
static inline int round_up(int n, int to)
{
    return ceil_div(n, to)*to;
}

static inline size_t round_up_size(size_t n, size_t to)
{
    return (n + to - 1) / to*to;
}

static inline int min_int(int a, int b)
{
    return a < b ? a : b;
}

static inline int max_int(int a, int b)
{
    return a > b ? a : b;
}

static inline size_t max_size(size_t a, size_t b)
{
    return a > b ? a : b;
}

#endif
