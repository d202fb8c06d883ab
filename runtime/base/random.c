/*
** random.c - counter-based random numbers. No state: it must never keep any.
*/
#include "base/random.h"

#include "base/dmath.h"

void random_philox(uint32_t counter[4], uint32_t key0, uint32_t key1)
{
    for (int round = 0; round < 10; round++) {
        uint64_t a = (uint64_t)0xD2511F53*counter[0], b = (uint64_t)0xCD9E8D57*counter[2];
        uint32_t c1 = counter[1], c3 = counter[3];
        counter[0] = (uint32_t)(b >> 32) ^ c1 ^ key0;
        counter[1] = (uint32_t)b;
        counter[2] = (uint32_t)(a >> 32) ^ c3 ^ key1;
        counter[3] = (uint32_t)a;
        key0 += 0x9E3779B9;
        key1 += 0xBB67AE85;
    }
}

uint64_t random_bits(uint64_t seed, enum random_purpose purpose, uint64_t step, uint64_t index)
{
    /* 128 bits of counter hold 64 of index and 56 of step; the purpose the rest. */
    uint32_t c[4] = { (uint32_t)index, (uint32_t)(index >> 32), (uint32_t)step,
                      (uint32_t)(step >> 32) ^ (uint32_t)purpose << 24 };
    random_philox(c, (uint32_t)seed, (uint32_t)(seed >> 32));
    return (uint64_t)c[1] << 32 | c[0];
}

double random_uniform(uint64_t seed, enum random_purpose purpose, uint64_t step, uint64_t index)
{
    return (double)(random_bits(seed, purpose, step, index) >> 11)*0x1p-53;
}

double random_normal(uint64_t seed, enum random_purpose purpose, uint64_t step, uint64_t index)
{
    /* Half a step off 0, so that the tail is finite. */
    return math_normal(random_uniform(seed, purpose, step, index) + 0x1p-54);
}

uint64_t random_below(uint64_t seed, enum random_purpose purpose, uint64_t step, uint64_t index,
                      uint64_t n)
{
    /* The high half of bits*n, from 32-bit halves. */
    uint64_t bits = random_bits(seed, purpose, step, index);
    uint64_t low = (bits & 0xFFFFFFFF)*(n & 0xFFFFFFFF), cross = (bits >> 32)*(n & 0xFFFFFFFF);
    uint64_t other = (bits & 0xFFFFFFFF)*(n >> 32), high = (bits >> 32)*(n >> 32);
    uint64_t middle = (low >> 32) + (cross & 0xFFFFFFFF) + (other & 0xFFFFFFFF);
    return high + (cross >> 32) + (other >> 32) + (middle >> 32);
}

void random_mask(uint64_t seed, uint64_t step, uint64_t stream, uint32_t keep, uint8_t *mask,
                 size_t count)
{
    for (size_t k = 0; k < count; k += 8) {
        uint32_t c[4] = { (uint32_t)(k / 8) ^ (uint32_t)(stream >> 32) << 24, (uint32_t)stream,
                          (uint32_t)step,
                          (uint32_t)(step >> 32) ^ (uint32_t)RANDOM_DROPOUT << 24 };
        random_philox(c, (uint32_t)seed, (uint32_t)(seed >> 32));
        for (size_t i = 0; i < 8 && k + i < count; i++)
            mask[k + i] = (c[i / 2] >> i % 2*16 & 0xFFFF) < keep;
    }
}

void random_order(uint64_t seed, enum random_purpose purpose, uint64_t step, uint32_t *out,
                  size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (uint32_t)i;
    for (size_t i = n; i > 1; i--) {
        size_t k = (size_t)random_below(seed, purpose, step, i, i);
        uint32_t last = out[i - 1];
        out[i - 1] = out[k];
        out[k] = last;
    }
}

void random_permutation(uint64_t seed, uint64_t epoch, uint32_t *out, size_t n)
{
    random_order(seed, RANDOM_SHUFFLE, epoch, out, n);
}
