/*
** pointwise/branch_sum.c - two gradients of what several branches read; `sum` may be one of them.
*/
#include "vector/template.h"

#define NAME branch_sum      /* @name */

static inline void NAME(const real *a, const real *b, real *sum)
{
    enum { /* @sizes */ SIZE = 3072 };
    for (int k = 0; k < SIZE; k += VL)      /* @tail */
        v_store(sum + k, v_add(v_load(a + k), v_load(b + k)));
}

#include "vector/undef.h"
