/*
** random.h - counter-based random numbers: a value is a function of (seed, purpose,
** step, index) alone, so that any thread may draw any of them in any order, and a
** resumed run draws what an uninterrupted one would have.
**
** The generator is Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random
** numbers: as easy as 1, 2, 3", SC 2011).
*/
#ifndef LATHE_RANDOM_H
#define LATHE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Which stream a value belongs to. Numbers are part of every result: never change
** them, add new ones at the end. */
enum random_purpose { RANDOM_INIT, RANDOM_SAMPLE, RANDOM_SHUFFLE, RANDOM_CHECK,
                      RANDOM_SYNTHETIC, RANDOM_PROBE, RANDOM_DROPOUT,
                      RANDOM_AUGMENT, RANDOM_FLIP, RANDOM_SEARCH, RANDOM_CROP,
                      RANDOM_SPLIT, RANDOM_JITTER };

/* The block cipher itself: 10 rounds, counter in place. Tested with known answers. */
void random_philox(uint32_t counter[4], uint32_t key0, uint32_t key1);

uint64_t random_bits(uint64_t seed, enum random_purpose purpose, uint64_t step, uint64_t index);

/* In [0, 1), a multiple of 2^-53. */
double random_uniform(uint64_t seed, enum random_purpose purpose, uint64_t step, uint64_t index);

/* Standard normal, by inversion. */
double random_normal(uint64_t seed, enum random_purpose purpose, uint64_t step, uint64_t index);

/* 0 .. n-1; n at least 1. The bias is below n / 2^64. */
uint64_t random_below(uint64_t seed, enum random_purpose purpose, uint64_t step, uint64_t index,
                      uint64_t n);

/*
** A mask of `count` bytes: 1 with probability keep/65536 (keep at most 65536), else 0.
** Byte k takes 16 of the bits of block k/8 of the stream.
*/
void random_mask(uint64_t seed, uint64_t step, uint64_t stream, uint32_t keep, uint8_t *mask,
                 size_t count);

/* The permutation of 0 .. n-1 that belongs to an epoch (Fisher and Yates). */
void random_permutation(uint64_t seed, uint64_t epoch, uint32_t *out, size_t n);

/* The same from another stream: what random_permutation gives is RANDOM_SHUFFLE's. */
void random_order(uint64_t seed, enum random_purpose purpose, uint64_t step, uint32_t *out,
                  size_t n);

#endif
