/*
** augment.c - draws views of images. It must never depend on the order of calls.
*/
#include "data/augment.h"

#include "base/random.h"

/* -n .. n from 16 of 64 random bits; the bias is below n / 2^15. */
static int augment_offset(uint64_t bits, int n)
{
    return (int)((bits & 0xFFFF)*(uint64_t)(2*n + 1) >> 16) - n;
}

/* From the middle window's place to that of one of the spare + 1, drawn from 32 random bits. */
static int augment_window(uint64_t bits, int spare)
{
    return (int)((bits & 0xFFFFFFFF)*(uint64_t)(spare + 1) >> 32) - spare/2;
}

/* Between -1 and 1, from 32 random bits. */
static double augment_part(uint64_t bits)
{
    return ((double)(bits & 0xFFFFFFFF) + 0.5)*0x1p-31 - 1;
}

struct view augment_view(const struct augment *a, const struct images *set, int h, int w,
                         uint64_t seed, uint64_t epoch, uint64_t iteration, uint64_t index,
                         uint64_t place)
{
    struct view v = { .reflect = a->edge == EDGE_REFLECT };
    uint64_t bits = random_bits(seed, RANDOM_AUGMENT, iteration, place);
    if (a->flip == FLIP_RANDOM)
        v.mirror = bits >> 63;
    if (a->flip == FLIP_ALTERNATING)
        v.mirror = (random_bits(seed, RANDOM_FLIP, 0, index) + epoch) & 1;
    if (a->translate > 0) {
        v.top = augment_offset(bits, a->translate);
        v.left = augment_offset(bits >> 16, a->translate);
    }
    if (a->crop == CROP_RANDOM) {
        uint64_t where = random_bits(seed, RANDOM_CROP, iteration, place);
        int left = augment_window(where >> 32, set->w - w);
        v.top += augment_window(where, set->h - h);
        v.left += v.mirror ? -left : left;      /* a mirror image's places are mirrored, too */
    }
    if (a->brightness > 0 || a->contrast > 0) {
        uint64_t light = random_bits(seed, RANDOM_JITTER, iteration, place);
        v.shift = (real)(a->brightness*augment_part(light));
        v.factor = (real)(1 + a->contrast*augment_part(light >> 32));
    }
    if (a->cutout > 0) {
        v.hole = a->cutout;
        v.hole_top = (int)((bits >> 32 & 0x7FFF)*(uint64_t)h >> 15) - a->cutout/2;
        v.hole_left = (int)((bits >> 47 & 0x7FFF)*(uint64_t)w >> 15) - a->cutout/2;
    }
    return v;
}

/* The image and its mirror image, each where it is, up and left by one, down and right by
** one: half the weight where it is. */
struct view augment_tta(int number, real *share)
{
    int place = number / 2;
    *share = place == 0 ? (real)0.25 : (real)0.125;
    return (struct view){ .mirror = number % 2, .reflect = true,
                          .top = place == 0 ? 0 : place == 1 ? -1 : 1,
                          .left = place == 0 ? 0 : place == 1 ? -1 : 1 };
}
