/*
** test_random.c - the counter-based generator against published answers, and what
** is drawn from it.
*/
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

/* The known answers of the paper's own test suite (Random123, kat_vectors). */
Test(random, philox_gives_the_published_answers)
{
    static const struct { uint32_t counter[4], key[2], answer[4]; } known[] = {
        { { 0 }, { 0 }, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
        { { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff }, { 0xffffffff, 0xffffffff },
          { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
        { { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 }, { 0xa4093822, 0x299f31d0 },
          { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
    };
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        uint32_t counter[4];
        memcpy(counter, known[k].counter, sizeof counter);
        random_philox(counter, known[k].key[0], known[k].key[1]);
        cr_expect_arr_eq(counter, known[k].answer, sizeof counter, "answer %zu", k);
    }
}

Test(random, every_argument_changes_the_bits)
{
    uint64_t bits = random_bits(1, RANDOM_INIT, 2, 3);
    cr_expect_eq(random_bits(1, RANDOM_INIT, 2, 3), bits);
    cr_expect_neq(random_bits(2, RANDOM_INIT, 2, 3), bits);
    cr_expect_neq(random_bits(1 | (uint64_t)1 << 40, RANDOM_INIT, 2, 3), bits);
    cr_expect_neq(random_bits(1, RANDOM_SAMPLE, 2, 3), bits);
    cr_expect_neq(random_bits(1, RANDOM_INIT, 3, 3), bits);
    cr_expect_neq(random_bits(1, RANDOM_INIT, 2 | (uint64_t)1 << 40, 3), bits);
    cr_expect_neq(random_bits(1, RANDOM_INIT, 2, 4), bits);
    cr_expect_neq(random_bits(1, RANDOM_INIT, 2, 3 | (uint64_t)1 << 40), bits);
}

/* Mean and variance within five standard errors: a fixed seed, so always or never. */
Test(random, uniform_fills_0_to_1_evenly)
{
    enum { N = 100000 };
    double sum = 0, squares = 0;
    for (uint64_t k = 0; k < N; k++) {
        double u = random_uniform(3, RANDOM_CHECK, 0, k);
        cr_assert(u >= 0 && u < 1);
        sum += u;
        squares += (u - 0.5)*(u - 0.5);
    }
    cr_expect_float_eq(sum/N, 0.5, 5*sqrt(1.0/12/N));
    cr_expect_float_eq(squares/N, 1.0/12, 5*sqrt(1.0/180/N));
}

Test(random, normal_has_the_moments_of_a_normal_distribution)
{
    enum { N = 100000 };
    double moment[5] = { 0 };
    for (uint64_t k = 0; k < N; k++) {
        double x = random_normal(3, RANDOM_CHECK, 1, k), power = 1;
        for (int m = 0; m < 5; m++, power *= x)
            moment[m] += power/N;
    }
    cr_expect_float_eq(moment[1], 0, 5*sqrt(1.0/N));
    cr_expect_float_eq(moment[2], 1, 5*sqrt(2.0/N));
    cr_expect_float_eq(moment[3], 0, 5*sqrt(15.0/N));
    cr_expect_float_eq(moment[4], 3, 5*sqrt(96.0/N));
}

Test(random, below_reaches_every_number_and_none_beyond)
{
    static const uint64_t limits[] = { 1, 2, 3, 7, 10 };
    for (size_t k = 0; k < sizeof limits / sizeof *limits; k++) {
        int seen[10] = { 0 };
        for (uint64_t i = 0; i < 1000; i++) {
            uint64_t x = random_below(1, RANDOM_SAMPLE, k, i, limits[k]);
            cr_assert_lt(x, limits[k]);
            seen[x]++;
        }
        for (uint64_t i = 0; i < limits[k]; i++)
            cr_expect_gt(seen[i], 1000/(int)limits[k]/2);
    }
    /* The high half of a 128-bit product: n = 2^63 keeps all bits but the last. */
    cr_expect_eq(random_below(9, RANDOM_SAMPLE, 1, 1, (uint64_t)1 << 63),
                 random_bits(9, RANDOM_SAMPLE, 1, 1) >> 1);
}

Test(random, permutation_holds_every_number_once_and_changes_with_the_epoch)
{
    enum { N = 1000 };
    static uint32_t a[N], b[N], other[N];
    static char seen[N];
    random_permutation(1, 0, a, N);
    random_permutation(1, 0, b, N);
    random_permutation(1, 1, other, N);
    cr_expect_arr_eq(a, b, sizeof a);
    cr_expect_arr_neq(a, other, sizeof a);
    int fixed = 0;
    for (uint32_t k = 0; k < N; k++) {
        cr_assert_lt(a[k], N);
        cr_assert_not(seen[a[k]]);
        seen[a[k]] = 1;
        fixed += a[k] == k;
    }
    cr_expect_lt(fixed, 10);
    random_permutation(1, 0, a, 1);
    cr_expect_eq(a[0], 0);
}

Test(random, masks_keep_the_share_asked_for_and_differ)
{
    enum { COUNT = 100003 };
    static uint8_t a[COUNT + 1], b[COUNT];
    static const uint32_t keeps[] = { 1, 32768, 52429, 65536 };
    for (size_t k = 0; k < sizeof keeps / sizeof *keeps; k++) {
        double p = keeps[k] / 65536.0, kept = 0, same = 0;
        a[COUNT] = 77;
        random_mask(3, 5, 7, keeps[k], a, COUNT);
        random_mask(3, 6, 7, keeps[k], b, COUNT);
        for (int i = 0; i < COUNT; i++) {
            cr_assert(a[i] <= 1);
            kept += a[i];
            same += a[i] == b[i];
        }
        double deviation = sqrt(p*(1 - p)*COUNT);
        cr_expect(fabs(kept - p*COUNT) <= 4*deviation, "kept %g of %d at %g", kept, COUNT, p);
        double alike = p*p + (1 - p)*(1 - p);
        cr_expect(fabs(same - alike*COUNT) <= 4*sqrt(alike*(1 - alike)*COUNT) + 1,
                  "two steps agree in %g of %d at %g", same, COUNT, p);
        cr_expect(a[COUNT] == 77, "written past the end");
    }
    random_mask(3, 5, 7, 32768, a, COUNT);
    random_mask(3, 5, 7, 32768, b, 11);
    cr_expect(memcmp(a, b, 11) == 0, "a shorter mask is another one");
    random_mask(3, 5, (uint64_t)1 << 32 | 7, 32768, b, COUNT);
    cr_expect(memcmp(a, b, COUNT) != 0, "two layers have one mask");
}
