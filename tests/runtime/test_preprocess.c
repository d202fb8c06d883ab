/*
** test_preprocess.c - what images go through before a network: means and deviations, resizing.
*/
#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "data/data.h"
#include "file/fit.h"
#include "file/image.h"
#include "settings/settings.h"

Test(preprocess, a_mean_image_fits_images_of_its_size_alone)
{
    static const uint8_t bytes[12] = { 10, 20, 30, 40, 50, 60, 30, 20, 10, 0, 50, 64 };
    const struct images set = { .count = 2, .c = 2, .h = 1, .w = 3, .bytes = bytes };
    const struct images other = { .count = 1, .c = 2, .h = 2, .w = 3, .bytes = bytes };
    for (enum preprocess_kind kind = PREPROCESS_NONE; kind < PREPROCESS_KINDS; kind++) {
        bool any = kind == PREPROCESS_NONE || kind == PREPROCESS_CHANNEL_NORM;
        struct preprocess p;
        char err[ERR_SIZE] = "";
        cr_assert(preprocess_fit(&p, kind, &set, err), "%s", err);
        cr_expect(preprocess_fits(&p, &set, err));
        cr_expect_eq(preprocess_fits(&p, &other, err), any);
        cr_expect(any || strstr(err, "mean image is 1x3, the data's images are 2x3"), "%s", err);
        preprocess_free(&p);
    }
}

Test(preprocess, the_mean_image_is_subtracted_and_planes_become_pixels)
{
    static const uint8_t bytes[12] = { 10, 20, 30, 40, 50, 60, 30, 20, 10, 0, 50, 64 };
    const struct images set = { .count = 2, .c = 2, .h = 1, .w = 3, .bytes = bytes };
    struct preprocess p;
    char err[ERR_SIZE];
    cr_assert(preprocess_fit(&p, PREPROCESS_MEAN_IMAGE, &set, err), "%s", err);
    static const real mean[6] = { 20, 20, 20, 20, 50, 62 };
    cr_expect_arr_eq(p.mean, mean, sizeof mean);
    real out[6];
    images_put(&set, 1, &p, NULL, out, 1, 3, 6);
    static const real expected[6] = { 10, -20, 0, 0, -10, 2 };    /* (x, c) pairs */
    cr_expect_arr_eq(out, expected, sizeof expected);
    images_put(&set, 1, NULL, NULL, out, 1, 3, 6);
    static const real plain[6] = { 30, 0, 20, 50, 10, 64 };
    cr_expect_arr_eq(out, plain, sizeof plain);
    preprocess_free(&p);
}

Test(preprocess, rows_land_apart_and_leave_the_halo)
{
    static const real values[4] = { 1, 2, 3, 4 };
    const struct images set = { .count = 1, .c = 1, .h = 2, .w = 2, .values = values };
    real out[6] = { 9, 9, 9, 9, 9, 9 };
    static const real expected[6] = { 1, 2, 9, 9, 3, 4 };
    images_put(&set, 0, NULL, NULL, out, 2, 2, 4);
    cr_expect_arr_eq(out, expected, sizeof expected);
}

Test(preprocess, scale_and_channel_norm_divide_by_the_deviation)
{
    /* channel 0: 10 30 | 10 30, mean 20, deviation 10; channel 1: 1 1 | 5 5, 3 and 2 */
    static const uint8_t bytes[8] = { 10, 30, 1, 1, 10, 30, 5, 5 };
    const struct images set = { .count = 2, .c = 2, .h = 1, .w = 2, .bytes = bytes };
    struct preprocess p;
    char err[ERR_SIZE];
    real out[4];
    cr_assert(preprocess_fit(&p, PREPROCESS_CHANNEL_NORM, &set, err), "%s", err);
    images_put(&set, 1, &p, NULL, out, 1, 2, 4);
    static const real normed[4] = { -1, 1, 1, 1 };      /* (x, c) pairs */
    for (int k = 0; k < 4; k++)
        cr_expect_float_eq((double)out[k], (double)normed[k], 1e-6);
    preprocess_free(&p);
    /* The mean image is 10 30 3 3: what is left is 0 0 -2 -2 | 0 0 2 2. */
    cr_assert(preprocess_fit(&p, PREPROCESS_SCALE, &set, err), "%s", err);
    images_put(&set, 1, &p, NULL, out, 1, 2, 4);
    const double deviation = sqrt((4*4.0) / 8);
    static const double left[4] = { 0, 2, 0, 2 };
    for (int k = 0; k < 4; k++)
        cr_expect_float_eq((double)out[k], left[k] / deviation, 1e-6);
    preprocess_free(&p);
}

Test(preprocess, none_leaves_the_values_and_a_constant_image_too)
{
    static const uint8_t bytes[4] = { 7, 7, 7, 7 };
    const struct images set = { .count = 2, .c = 1, .h = 1, .w = 2, .bytes = bytes };
    struct preprocess p;
    char err[ERR_SIZE];
    real out[2];
    cr_assert(preprocess_fit(&p, PREPROCESS_NONE, &set, err), "%s", err);
    images_put(&set, 0, &p, NULL, out, 1, 2, 2);
    cr_expect(out[0] == 7 && out[1] == 7);
    preprocess_free(&p);
    cr_assert(preprocess_fit(&p, PREPROCESS_CHANNEL_NORM, &set, err), "%s", err);
    images_put(&set, 0, &p, NULL, out, 1, 2, 2);
    cr_expect(out[0] == 0 && out[1] == 0);
    preprocess_free(&p);
    cr_expect_eq(setting_preprocess("channel_norm"), PREPROCESS_CHANNEL_NORM);
    cr_expect_eq(setting_preprocess("mean"), PREPROCESS_KINDS);
}

/* ---- images from files, resized ---- */

/* One channel of h x w to out_h x out_w. */
static void expect_resized(int h, int w, const real *in, int out_h, int out_w, const real *out)
{
    char err[ERR_SIZE];
    size_t n = (size_t)h*(size_t)w;
    struct image image = { .c = 1, .h = h, .w = w, .values = malloc(n*sizeof(real)) };
    memcpy(image.values, in, n*sizeof(real));
    cr_assert(image_resize(&image, out_h, out_w, err), "%s", err);
    cr_assert(image.h == out_h && image.w == out_w);
    for (int k = 0; k < out_h*out_w; k++)
        cr_expect(fabs((double)image.values[k] - (double)out[k]) < 1e-4, "value %d of %dx%d: %g, "
                  "not %g", k, out_h, out_w, (double)image.values[k], (double)out[k]);
    image_free(&image);
}

/* Enlarged as OpenCV and PyTorch do, shrunk as Pillow does: weights 3, 3, 1 of 7 at an edge and
** 1, 3, 3, 1 of 8 inside. */
Test(images, resized_are_bilinear_and_no_pixel_is_passed_over)
{
    expect_resized(1, 2, (const real[]){ 0, 100 }, 1, 4, (const real[]){ 0, 25, 75, 100 });
    expect_resized(2, 1, (const real[]){ 0, 100 }, 4, 1, (const real[]){ 0, 25, 75, 100 });
    expect_resized(2, 2, (const real[]){ 0, 40, 80, 120 }, 3, 3,
                   (const real[]){ 0, 20, 40, 40, 60, 80, 80, 100, 120 });
    expect_resized(1, 6, (const real[]){ 70, 0, 0, 0, 0, 0 }, 1, 3, (const real[]){ 30, 0, 0 });
    expect_resized(1, 6, (const real[]){ 0, 8, 80, 0, 0, 56 }, 1, 3,
                   (const real[]){ (real)(104/7.0), 31, 24 });
    expect_resized(3, 1, (const real[]){ 7, 7, 7 }, 1, 2, (const real[]){ 7, 7 });
}
