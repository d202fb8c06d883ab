/*
** test_augment.c - views of images: what each shows, and how they are drawn.
*/
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "core/params.h"
#include "data/feed.h"
#include "support/linear_model.h"

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
    images_put(&set, 0, NULL, &v, out, H, W, W*C);
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
    struct preprocess p = { PREPROCESS_SCALE, mean, factor, H, W };
    for (int k = 0; k < SIZE; k++)
        mean[k] = (real)(k % W);
    images_put(&set, 0, &p, &v, out, H, W, W*C);
    /* Pixel (1, 0) shows (1, 2): 12 - 2, times 2; nothing comes in from the right. */
    cr_expect(out[(1*W + 0)*C] == 20 && out[(1*W + 0)*C + 1] == 330);
    cr_expect(out[(1*W + 3)*C] == 0 && out[(1*W + 3)*C + 1] == 0);
}

/* What an h x w view shows of channel 0; the image has more. */
static void expect_window(const struct view *v, int h, int w, const int *expected)
{
    real values[SIZE], out[SIZE];
    struct images set = numbered(values);
    images_put(&set, 0, NULL, v, out, h, w, (size_t)w*C);
    for (int k = 0; k < h*w; k++)
        cr_expect(out[k*C] == (real)(expected[k] < 0 ? 0 : expected[k]), "%d of %dx%d: %g, not %d",
                  k, h, w, (double)out[k*C], expected[k]);
}

Test(views, change_light_inside_the_image_alone)
{
    real values[SIZE], out[SIZE];
    struct images set = numbered(values);
    struct view v = { .left = 1, .shift = 3, .factor = 2, .hole = 1 };
    images_put(&set, 0, NULL, &v, out, H, W, W*C);
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) {
            real expected = x == W - 1 || (x == 0 && y == 0) ? 0 : (real)(2*(10*y + x + 1 + 3));
            cr_expect(out[(y*W + x)*C] == expected, "(%d, %d)", y, x);
        }
}

Test(views, of_larger_images_are_their_middle_rounded_down)
{
    expect_window(NULL, 1, 2, (int[]){ 11, 12 });
    expect_window(NULL, 2, 1, (int[]){ 1, 11 });
    expect_window(NULL, 2, 3, (int[]){ 0, 1, 2, 10, 11, 12 });
    expect_window(&(struct view){ .mirror = true }, 2, 3, (int[]){ 2, 1, 0, 12, 11, 10 });
}

Test(views, of_larger_images_move_around_the_middle_and_end_at_the_images_edge)
{
    expect_window(&(struct view){ .top = 1, .left = 1 }, 1, 2, (int[]){ 22, 23 });
    expect_window(&(struct view){ .top = 1, .left = 1, .mirror = true }, 1, 2, (int[]){ 21, 20 });
    expect_window(&(struct view){ .left = 2 }, 1, 2, (int[]){ 13, -1 });
    expect_window(&(struct view){ .left = 2, .reflect = true }, 1, 2, (int[]){ 13, 12 });
    expect_window(&(struct view){ .top = -1, .hole = 1 }, 1, 2, (int[]){ -1, 2 });
}

/* Wider than what is put at a time; two channels. */
Test(views, of_very_wide_images_have_every_column)
{
    enum { W = 10007, VIEW = 10001, LEFT = (W - VIEW)/2 };
    static real values[2*W], out[2*VIEW];
    const struct images set = { .count = 1, .c = 2, .h = 1, .w = W, .values = values };
    for (int k = 0; k < 2*W; k++)
        values[k] = (real)k;
    for (int mirror = 0; mirror < 2; mirror++) {
        const struct view v = { .left = 5, .mirror = mirror, .reflect = true, .hole_left = 8190,
                                .hole = 4 };
        images_put(&set, 0, NULL, &v, out, 1, VIEW, 2*VIEW);
        for (int x = 0; x < VIEW; x++) {
            int from = LEFT + (mirror ? VIEW - 1 - x - 5 : x + 5);
            from = from < 0 ? -from : from >= W ? 2*(W - 1) - from : from;
            const bool hole = x >= 8190 && x < 8194;
            cr_assert(out[2*x] == (hole ? 0 : (real)from), "column %d", x);
            cr_assert(out[2*x + 1] == (hole ? 0 : (real)(W + from)), "column %d", x);
        }
    }
}

Test(views, cut_windows_from_the_preprocessed_image)
{
    real values[SIZE], out[SIZE], mean[SIZE], factor[C] = { 2, 3 };
    struct images set = numbered(values);
    struct preprocess p = { PREPROCESS_SCALE, mean, factor, H, W };
    for (int k = 0; k < SIZE; k++)
        mean[k] = (real)(k % W);
    images_put(&set, 0, &p, NULL, out, 1, 2, 2*C);
    /* (11 - 1)*2, (111 - 1)*3, (12 - 2)*2, (112 - 2)*3 */
    cr_expect(out[0] == 20 && out[1] == 330 && out[2] == 20 && out[3] == 330);
}

enum { DRAWN = 40000 };

static const struct images small = { .c = 1, .h = 8, .w = 8 };

Test(augmentation, draws_every_offset_equally_often)
{
    const struct augment a = { .flip = FLIP_RANDOM, .translate = 2, .cutout = 3 };
    int top[5] = { 0 }, left[5] = { 0 }, hole[8] = { 0 }, mirrored = 0;
    for (int i = 0; i < DRAWN; i++) {
        struct view v = augment_view(&a, &small, 8, 8, 1, 0, (uint64_t)i, 5, 0);
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
        bool first = augment_view(&a, &small, 8, 8, 1, 0, image, image, 3).mirror;
        cr_expect(augment_view(&a, &small, 8, 8, 1, 1, 7, image, 9).mirror == !first);
        cr_expect(augment_view(&a, &small, 8, 8, 1, 2, 8, image, 1).mirror == first);
        mirrored += first;
    }
    cr_expect(fabs(mirrored - DRAWN/2.0) < 500, "%d mirrored at first", mirrored);
}

/* Which window of a large image a view shows: every pixel is told by its value. */
static int place_shown(const struct view *v)
{
    enum { LH = 11, LW = 10, VH = 8, VW = 8 };
    real values[LH*LW], out[VH*VW];
    const struct images set = { .count = 1, .c = 1, .h = LH, .w = LW, .values = values };
    for (int k = 0; k < LH*LW; k++)
        values[k] = (real)(1 + k);
    images_put(&set, 0, NULL, v, out, VH, VW, VW);
    int first = (int)out[v->mirror ? VW - 1 : 0] - 1;
    cr_assert(first >= 0 && first / LW <= LH - VH && first % LW <= LW - VW, "at %d", first);
    for (int k = 0; k < VH*VW; k++) {
        int x = v->mirror ? VW - 1 - k % VW : k % VW;
        cr_assert(out[k] == values[first + k / VW*LW + x]);
    }
    return first / LW*(LW - VW + 1) + first % LW;
}

Test(augmentation, crops_windows_from_every_place_equally_often)
{
    enum { PLACES = 4*3 };
    const struct augment a = { .flip = FLIP_RANDOM, .crop = CROP_RANDOM };
    const struct images large = { .c = 1, .h = 11, .w = 10 };
    int count[2*PLACES] = { 0 };
    for (uint64_t i = 0; i < DRAWN; i++) {
        struct view v = augment_view(&a, &large, 8, 8, 1, 0, i, 5, 2);
        count[2*place_shown(&v) + v.mirror]++;
    }
    for (int k = 0; k < 2*PLACES; k++)
        cr_expect(fabs(count[k] - DRAWN / (2.0*PLACES)) < 240, "window %d: %d of %d", k, count[k],
                  DRAWN);
}

Test(augmentation, crops_beside_what_else_it_does)
{
    const struct augment crop = { .crop = CROP_RANDOM };
    const struct augment others = { .flip = FLIP_RANDOM, .translate = 2, .edge = EDGE_REFLECT,
                                    .cutout = 3 };
    struct augment all = others;
    const struct images large = { .c = 1, .h = 11, .w = 10 };
    all.crop = CROP_RANDOM;
    for (uint64_t i = 0; i < 200; i++) {
        struct view c = augment_view(&crop, &large, 8, 8, 1, 0, i, 5, 2);
        struct view o = augment_view(&others, &large, 8, 8, 1, 0, i, 5, 2);
        struct view v = augment_view(&all, &large, 8, 8, 1, 0, i, 5, 2);
        cr_expect(v.mirror == o.mirror && v.reflect && v.hole == 3 && v.hole_top == o.hole_top
                  && v.hole_left == o.hole_left);
        cr_expect(v.top == c.top + o.top && v.left == o.left + (v.mirror ? -c.left : c.left));
        /* Of images of the input's size there is one window. */
        struct view same = augment_view(&all, &small, 8, 8, 1, 0, i, 5, 2);
        cr_expect(same.top == o.top && same.left == o.left && same.mirror == o.mirror);
    }
}

Test(augmentation, draws_light_evenly_one_for_each_image)
{
    const struct augment a = { .brightness = 0.25, .contrast = 0.5 };
    int shifts[4] = { 0 }, factors[4] = { 0 }, both = 0;
    for (uint64_t i = 0; i < DRAWN; i++) {
        struct view v = augment_view(&a, &small, 8, 8, 1, 0, i, 5, 2);
        double shift = ((double)v.shift + 0.25) / 0.5, factor = (double)v.factor - 0.5;
        cr_assert(shift >= 0 && shift <= 1 && factor >= 0 && factor <= 1);
        shifts[(int)(shift*3.999)]++;
        factors[(int)(factor*3.999)]++;
        both += (shift < 0.5) == (factor < 0.5);
    }
    for (int k = 0; k < 4; k++)
        cr_expect(fabs(shifts[k] - DRAWN / 4.0) < 400 && fabs(factors[k] - DRAWN / 4.0) < 400);
    cr_expect(fabs(both - DRAWN / 2.0) < 400);
    /* What else is drawn stays as it is. */
    const struct augment plain = { .flip = FLIP_RANDOM, .translate = 2 };
    struct augment all = plain;
    all.brightness = 0.25;
    for (uint64_t i = 0; i < 100; i++) {
        struct view v = augment_view(&all, &small, 8, 8, 1, 0, i, 5, 2);
        struct view o = augment_view(&plain, &small, 8, 8, 1, 0, i, 5, 2);
        cr_expect(v.top == o.top && v.left == o.left && v.mirror == o.mirror);
        cr_expect(v.factor == 1 && o.factor == 0);
    }
}

/* ---- into the network's input ---- */

enum { FED = LINEAR_BATCH, FED_H = LINEAR_H + 3, FED_W = LINEAR_W + 4,
       FED_SIZE = LINEAR_C*FED_H*FED_W };

static struct images larger_images(void)
{
    static uint8_t bytes[FED*FED_SIZE];
    for (size_t k = 0; k < sizeof bytes; k++)
        bytes[k] = (uint8_t)(k*k % 251);
    return (struct images){ .count = FED, .c = LINEAR_C, .h = FED_H, .w = FED_W, .bytes = bytes };
}

/* What `threads` threads leave in the input buffer, without gaps. */
static void feed(int threads, bool training, real *input)
{
    const struct augment a = { .flip = FLIP_RANDOM, .crop = CROP_RANDOM, .translate = 1,
                               .cutout = 2 };
    const struct images set = larger_images();
    struct engine e;
    char err[ERR_SIZE];
    cr_assert(engine_open(&e, &linear_model, threads, err), "%s", err);
    if (training)
        feed_augmented(&e, &set, NULL, NULL, FED, &a, (struct feed_moment){ 3, 1, 40 });
    else
        feed_batch(&e, &set, NULL, NULL, 0, FED);
    const size_t row = LINEAR_W*LINEAR_C;
    for (int i = 0; i < FED; i++)
        for (size_t y = 0; y < LINEAR_H; y++)
            memcpy(input + (size_t)i*LINEAR_IN + y*row,
                   engine_input(&e, i) + y*linear_model.input_row, row*sizeof *input);
    engine_close(&e);
}

Test(feeding, crops_the_same_windows_on_every_number_of_threads)
{
    real one[FED*LINEAR_IN], other[FED*LINEAR_IN];
    feed(1, true, one);
    for (int threads = 2; threads <= 5; threads++) {
        feed(threads, true, other);
        cr_expect_arr_eq(one, other, sizeof one, "%d threads", threads);
    }
    feed(1, false, other);
    cr_expect_arr_neq(one, other, sizeof one);
}

Test(feeding, for_evaluation_takes_the_middle_window)
{
    const struct images set = larger_images();
    real input[FED*LINEAR_IN];
    feed(2, false, input);
    for (int i = 0; i < FED; i++)
        for (int y = 0; y < LINEAR_H; y++)
            for (int x = 0; x < LINEAR_W; x++)
                for (int c = 0; c < LINEAR_C; c++)
                    cr_assert(input[i*LINEAR_IN + (y*LINEAR_W + x)*LINEAR_C + c]
                              == set.bytes[((i*LINEAR_C + c)*FED_H + 1 + y)*FED_W + 2 + x]);
}

Test(augmentation, of_nothing_changes_nothing)
{
    const struct augment none = { .flip = FLIP_NONE };
    const struct view plain = { 0 };
    struct view v = augment_view(&none, &small, 8, 8, 1, 2, 3, 4, 5);
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

/* Where the model's last region reads the input, after it, else beside it. */
static void expect_ahead(int input_free, int threads)
{
    const struct augment a = { .flip = FLIP_RANDOM, .crop = CROP_RANDOM, .translate = 1,
                               .cutout = 2 };
    static const int32_t labels[FED] = { 2, 0, 1 };
    struct model model = linear_model;
    struct region backward[8];
    struct images set = larger_images();
    struct engine e;
    char err[ERR_SIZE];
    real expected[FED*LINEAR_IN];
    feed(1, true, expected);
    set.labels = labels;
    for (int k = 0; k < model.nbackward; k++) {
        backward[k] = model.backward[k];
        backward[k].reads_input = backward[k].reads_input && !input_free;
    }
    model.backward = backward;
    cr_assert(engine_open(&e, &model, threads, err), "%s", err);
    feed_batch(&e, &set, NULL, NULL, 0, FED);
    struct feed job = { .engine = &e, .set = &set, .augment = &a, .now = { 3, 1, 40 } };
    feed_ahead(&job, FED);
    int32_t others[FED] = { 0 };
    const struct hyper h = { .lr = 0 };
    engine_step(&e, FED, others, &h, UPDATE_STORE);
    feed_arrived(&job, FED);
    real first = engine_input(&e, 0)[0];
    engine_input(&e, 0)[0] = 99;        /* the next step does not feed again */
    engine_step(&e, FED, others, &h, UPDATE_STORE);
    cr_expect_eq(engine_input(&e, 0)[0], 99);
    engine_input(&e, 0)[0] = first;
    const size_t row = LINEAR_W*LINEAR_C;
    for (int i = 0; i < FED; i++) {
        cr_expect_eq(e.labels[i], labels[i]);
        for (size_t y = 0; y < LINEAR_H; y++)
            cr_expect_arr_eq(engine_input(&e, i) + y*linear_model.input_row,
                             expected + (size_t)i*LINEAR_IN + y*row, row*sizeof(real),
                             "image %d, row %zu, input free: %d", i, y, input_free);
    }
    engine_close(&e);
}

Test(feeding, beside_a_step_puts_the_same_images_and_then_their_labels)
{
    expect_ahead(0, 3);
    expect_ahead(1, 1);
}

/* ---- more views of the doubtful ---- */

enum { DOUBTED = 30 };

/* Of each image: the loss, the likeliest class and how likely it is. views: of all views. */
struct verdict { double loss, sure; bool right; };
static void verdicts_of(struct engine *e, const struct images *set, bool views, struct verdict *out)
{
    real sum[LINEAR_BATCH*LINEAR_CLASSES];
    for (uint32_t i = 0; i < DOUBTED; i++) {
        struct feed_result r = feed_classify(e, set, NULL, &i, 1, NULL, views ? sum : NULL,
                                             NULL);
        const real *scores = engine_scores(e, 0);
        double most = -INFINITY, all = 0;
        for (int j = 0; j < LINEAR_CLASSES; j++)
            most = fmax(most, (double)scores[j]);
        for (int j = 0; j < LINEAR_CLASSES; j++)
            all += exp((double)scores[j] - most);
        out[i] = (struct verdict){ r.loss, 1/all, r.correct == 1 };
    }
}

Test(feeding, takes_more_views_of_the_images_that_are_least_sure)
{
    static uint8_t bytes[DOUBTED*LINEAR_IN];
    int32_t labels[DOUBTED];
    struct images set = { .count = DOUBTED, .c = LINEAR_C, .h = LINEAR_H, .w = LINEAR_W,
                          .bytes = bytes, .labels = labels };
    struct verdict once[DOUBTED], views[DOUBTED];
    real sum[LINEAR_BATCH*LINEAR_CLASSES];
    struct feed_seen seen[DOUBTED];
    uint32_t chosen[DOUBTED];
    struct engine e;
    char err[ERR_SIZE];
    for (size_t k = 0; k < sizeof bytes; k++)
        bytes[k] = (uint8_t)(k*k % 7);
    for (int k = 0; k < DOUBTED; k++)
        labels[k] = k % LINEAR_CLASSES;
    cr_assert(engine_open(&e, &linear_model, 2, err), "%s", err);
    params_init(&e, 3, 0.1);
    engine_pack_all(&e);
    verdicts_of(&e, &set, false, once);
    verdicts_of(&e, &set, true, views);
    for (int tenths = 0; tenths <= 10; tenths++) {
        struct feed_class by_class[LINEAR_CLASSES] = { { 0 } };
        size_t again = (size_t)(DOUBTED*tenths / 10);
        struct feed_result r = feed_doubtful(&e, &set, NULL, by_class, sum, tenths / 10.0, seen,
                                             chosen);
        double loss = 0;
        size_t right = 0, counted = 0;
        for (int i = 0; i < DOUBTED; i++) {
            size_t less = 0;
            for (int k = 0; k < DOUBTED; k++)
                less += once[k].sure < once[i].sure || (once[k].sure == once[i].sure && k < i);
            const struct verdict *v = less < again ? &views[i] : &once[i];
            loss += v->loss / DOUBTED;
            right += v->right;
        }
        for (int j = 0; j < LINEAR_CLASSES; j++)
            counted += by_class[j].images;
        cr_expect(r.count == DOUBTED && counted == DOUBTED);
        cr_expect(r.correct == right, "%d: %zu, not %zu", tenths, r.correct, right);
        cr_expect(fabs(r.loss - loss) < 1e-5, "%d: %g, not %g", tenths, r.loss, loss);
    }
    engine_close(&e);
}
