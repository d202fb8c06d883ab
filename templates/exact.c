/*
** exact.c - whether the kernels compute as C says. clang's -ffp-contract=fast makes one operation
** of a product and a sum wherever the target has it: no pragma takes that back, no macro tells.
*/
#include "vector/template.h"

#define NAME exact           /* @name */

/* one, small: 1 and a number whose square a product with 1 loses, unknown to the compiler. */
static int NAME(real one, real small)
{
    real lanes[VL], more = one + small, less = one - small;
    v_store(lanes, v_sub(v_mul(v_set1(more), v_set1(less)), v_set1(one)));
    return lanes[0] == 0 && more*less - one == 0;
}

#include "vector/undef.h"
