/*
** half.h - values of 16 bits as floats: IEEE 754's half and the upper half of a float. Exact for
** all of them, subnormals, infinities and nans too. It must never compute with a subnormal float:
** a program in f32 takes those for zero.
*/
#ifndef LATHE_HALF_H
#define LATHE_HALF_H

#include <stdint.h>
#include <string.h>

static inline float half_of_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* F16, half, float16: 5 bits of exponent, 10 of fraction. */
static inline float half_value(uint32_t half)
{
    uint32_t sign = (half & 0x8000) << 16, exponent = half >> 10 & 31, fraction = half & 1023;
    if (exponent == 0)
        return (float)fraction*(sign ? -0x1p-24f : 0x1p-24f);
    return half_of_bits(sign | (exponent == 31 ? 255 : exponent + 112) << 23 | fraction << 13);
}

/* BF16, bfloat16: 8 bits of exponent, 7 of fraction. */
static inline float half_brain(uint32_t brain)
{
    return half_of_bits(brain << 16);
}

#endif
