/*
** test_augment.c - views of images: what each shows, and how they are drawn.
*/
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "../runtime/augment.h"

enum { C = 2, H = 3, W = 4, SIZE = C*H*W };

/* Value 100*c + 10*y + x at pixel (y, x) of channel c. */
static struct images numbered(real *values)
{
    for (int k = 0; k < SIZE; k++)
        values[k] = (real)(100*(k / (H*W)) + 10*(k / W % H) + k % W);
    return (struct images){ .count = 1, .c = C, .h = H, .w = W, .values = values };
}

/* What the view shows of channel 0, row by row. */
static void expect_view(struct view v, const int expected[H][W])
{
    real values[SIZE], out[SIZE];
    struct images set = numbered(values);
    images_put(&set, 0, NULL, &v, out, W*C);
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++)
            for (int c = 0; c < C; c++) {
                int e = expected[y][x];
                cr_expect(out[(y*W + x)*C + c] == (real)(e < 0 ? 0 : 100*c + e),
                          "(%d, %d, %d): %g, not %d", y, x, c, (double)out[(y*W + x)*C + c], e);
            }
}

Test(views, show_what_they_say)
{
    expect_view((struct view){ 0 }, (int[H][W]){ { 0, 1, 2, 3 }, { 10, 11, 12, 13 },
                                                 { 20, 21, 22, 23 } });
    expect_view((struct view){ .mirror = true },
                (int[H][W]){ { 3, 2, 1, 0 }, { 13, 12, 11, 10 }, { 23, 22, 21, 20 } });
    expect_view((struct view){ .top = 1, .left = -1 },
                (int[H][W]){ { -1, 10, 11, 12 }, { -1, 20, 21, 22 }, { -1, -1, -1, -1 } });
    expect_view((struct view){ .top = 1, .left = -2, .reflect = true },
                (int[H][W]){ { 12, 11, 10, 11 }, { 22, 21, 20, 21 }, { 12, 11, 10, 11 } });
    expect_view((struct view){ .left = 1, .mirror = true },
                (int[H][W]){ { 2, 1, 0, -1 }, { 12, 11, 10, -1 }, { 22, 21, 20, -1 } });
    expect_view((struct view){ .hole = 2, .hole_top = -1, .hole_left = 3 },
                (int[H][W]){ { 0, 1, 2, -1 }, { 10, 11, 12, 13 }, { 20, 21, 22, 23 } });
    expect_view((struct view){ .top = 9 }, (int[H][W]){ { -1, -1, -1, -1 }, { -1, -1, -1, -1 },
                                                        { -1, -1, -1, -1 } });
}

Test(views, preprocess_what_they_show_and_leave_zeros_alone)
{
    real values[SIZE], out[SIZE], mean[SIZE], factor[C] = { 2, 3 };
    struct images set = numbered(values);
    struct view v = { .left = 1, .mirror = true };
    struct preprocess p = { PREPROCESS_SCALE, mean, factor };
    for (int k = 0; k < SIZE; k++)
        mean[k] = (real)(k % W);
    images_put(&set, 0, &p, &v, out, W*C);
    /* Pixel (1, 0) shows (1, 2): 12 - 2, times 2; nothing comes in from the right. */
    cr_expect(out[(1*W + 0)*C] == 20 && out[(1*W + 0)*C + 1] == 330);
    cr_expect(out[(1*W + 3)*C] == 0 && out[(1*W + 3)*C + 1] == 0);
}

enum { DRAWN = 40000 };

Test(augmentation, draws_every_offset_equally_often)
{
    const struct augment a = { .flip = FLIP_RANDOM, .translate = 2, .cutout = 3 };
    int top[5] = { 0 }, left[5] = { 0 }, hole[8] = { 0 }, mirrored = 0;
    for (int i = 0; i < DRAWN; i++) {
        struct view v = augment_view(&a, 8, 8, 1, 0, (uint64_t)i, 5, 0);
        cr_assert(v.top >= -2 && v.top <= 2 && v.left >= -2 && v.left <= 2 && v.hole == 3);
        cr_assert(v.hole_left >= -1 && v.hole_left <= 6);
        top[v.top + 2]++;
        left[v.left + 2]++;
        hole[v.hole_left + 1]++;
        mirrored += v.mirror;
    }
    for (int k = 0; k < 5; k++)
        cr_expect(fabs(top[k] - DRAWN/5.0) < 400 && fabs(left[k] - DRAWN/5.0) < 400,
                  "offset %d: %d rows, %d columns of %d", k - 2, top[k], left[k], DRAWN);
    for (int k = 0; k < 8; k++)
        cr_expect(fabs(hole[k] - DRAWN/8.0) < 330, "hole at %d: %d", k - 1, hole[k]);
    cr_expect(fabs(mirrored - DRAWN/2.0) < 500, "%d mirrored", mirrored);
}

Test(augmentation, alternating_flips_show_both_sides_in_two_epochs)
{
    const struct augment a = { .flip = FLIP_ALTERNATING };
    int mirrored = 0;
    for (uint64_t image = 0; image < DRAWN; image++) {
        bool first = augment_view(&a, 8, 8, 1, 0, image, image, 3).mirror;
        cr_expect(augment_view(&a, 8, 8, 1, 1, 7, image, 9).mirror == !first);
        cr_expect(augment_view(&a, 8, 8, 1, 2, 8, image, 1).mirror == first);
        mirrored += first;
    }
    cr_expect(fabs(mirrored - DRAWN/2.0) < 500, "%d mirrored at first", mirrored);
}

Test(augmentation, of_nothing_changes_nothing)
{
    const struct augment none = { .flip = FLIP_NONE };
    const struct view plain = { 0 };
    struct view v = augment_view(&none, 8, 8, 1, 2, 3, 4, 5);
    cr_expect(v.top == 0 && v.left == 0 && !v.mirror && v.hole == plain.hole);
}

Test(augmentation, at_test_time_weighs_one_in_all)
{
    real sum = 0, share;
    int mirrored = 0, top = 0;
    for (int k = 0; k < TTA_VIEWS; k++) {
        struct view v = augment_tta(k, &share);
        sum += share;
        mirrored += v.mirror;
        top += v.top;
        cr_expect(v.reflect && v.top == v.left);
    }
    cr_expect(sum == 1 && mirrored == TTA_VIEWS/2 && top == 0);
}
