/*
** template.h - what a template needs in order to compile as it stands. It never
** reaches an emitted program: there the generator puts the real thing.
*/
#ifndef LATHE_TEMPLATE_H
#define LATHE_TEMPLATE_H

#include "core/model.h"

#ifndef ISA_HEADER
#define ISA_HEADER "../runtime/vector/simd/scalar.h"
#endif
#include ISA_HEADER

#define UNROLL _Pragma("GCC unroll 64")

double math_log(double x);   /* runtime/base/dmath.h */
void random_mask(uint64_t seed, uint64_t step, uint64_t stream, uint32_t keep,
                 uint8_t *mask, size_t count);      /* runtime/base/random.h */

#include "vector/common.c"
#include "vector/groups.c"
#include "vector/vmath.h"
#include "vector/winograd.h"

#endif
