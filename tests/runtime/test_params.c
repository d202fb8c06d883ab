/*
** test_params.c - stored and canonical order of parameters, their first values.
*/
#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "core/engine.h"
#include "core/params.h"
#include "support/linear_model.h"

Test(engine, that_gets_no_memory_says_how_much_it_needs)
{
    struct model large = linear_model;
    struct engine e;
    char err[ERR_SIZE] = "";
    large.arena = (size_t)1 << 48;
    cr_expect_not(engine_open(&e, &large, 1, err));
    cr_expect(strstr(err, " MB of memory, which there is not; try a smaller capacity"), "%s", err);
    large.arena = SIZE_MAX/2;
    cr_expect_not(engine_open(&e, &large, 1, err));
    cr_expect(strstr(err, "needs more memory than can be addressed"), "%s", err);
}

Test(params, stores_a_convolution_by_filter_row_tap_and_channel)
{
    /* 2 filters of 3 channels, 2x4: a row of 12 is padded to 16. */
    const struct param p = { .kind = PARAM_CONV, .rank = 4, .dim = { 2, 3, 2, 4 } };
    cr_assert_eq(params_count(&p), 48);
    cr_assert_eq(params_index(&p, 0), 0);
    cr_assert_eq(params_index(&p, 1), 3);                            /* kx 1 */
    cr_assert_eq(params_index(&p, 4), 16);                           /* ky 1 */
    cr_assert_eq(params_index(&p, 8), 1);                            /* channel 1 */
    cr_assert_eq(params_index(&p, 24), 32);                          /* filter 1 */
    cr_assert_eq(params_index(&p, 47), 32 + 16 + 3*3 + 2);
}

Test(params, stores_an_affine_weight_by_panel_unit_and_column)
{
    /* 5 units over 4x7x9 = 252 columns, padded to 256: two whole panels. */
    const struct param p = { .kind = PARAM_AFFINE, .rank = 2, .dim = { 5, 252 },
                             .in_c = 4, .in_h = 7, .in_w = 9 };
    cr_assert_eq(params_index(&p, 0), 0);
    cr_assert_eq(params_index(&p, 1), 4);                            /* next x */
    cr_assert_eq(params_index(&p, 63), 1);                           /* next channel */
    cr_assert_eq(params_index(&p, 252), PANEL);                      /* next unit */
    /* pixel 32 of channel 0 is column 128: the second panel's first */
    cr_assert_eq(params_index(&p, 32), 5*PANEL);
    cr_assert_eq(params_index(&p, 252*4 + 251), 5*PANEL + 4*PANEL + 251 - PANEL);
}

Test(params, narrows_the_last_panel_to_whole_lanes)
{
    const struct param p = { .kind = PARAM_AFFINE, .rank = 2, .dim = { 3, 130 },
                             .in_c = 130, .in_h = 1, .in_w = 1 };
    cr_assert_eq(params_index(&p, 129), 3*PANEL + 1);
    cr_assert_eq(params_index(&p, 130 + 128), 3*PANEL + LANES);
}

static void check_one_to_one(const struct param *p, size_t stored)
{
    size_t count = params_count(p);
    char *seen = calloc(stored, 1);
    for (size_t k = 0; k < count; k++) {
        size_t at = params_index(p, k);
        cr_assert_lt(at, stored);
        cr_assert_not(seen[at]);
        seen[at] = 1;
    }
    free(seen);
}

Test(params, gives_every_value_a_place_of_its_own)
{
    const struct param conv = { .kind = PARAM_CONV, .rank = 4, .dim = { 7, 5, 3, 6 } };
    const struct param affine = { .kind = PARAM_AFFINE, .rank = 2, .dim = { 11, 300 },
                                  .in_c = 3, .in_h = 10, .in_w = 10 };
    check_one_to_one(&conv, 7*3*32);
    check_one_to_one(&affine, 11*304);
}

Test(params, come_back_as_they_were_set_and_leave_the_padding)
{
    const struct param p = { .kind = PARAM_CONV, .rank = 4, .dim = { 2, 3, 3, 3 } };
    real canonical[54], back[54], stored[2*3*16] = { 0 };
    for (int k = 0; k < 54; k++)
        canonical[k] = (real)(k + 1);
    params_set(&p, stored, canonical);
    params_get(&p, stored, back);
    cr_assert_eq(memcmp(canonical, back, sizeof back), 0);
    for (int row = 0; row < 6; row++)
        for (int k = 9; k < 16; k++)
            cr_assert_eq(stored[row*16 + k], 0);
}

static void open_engine(struct engine *e, int threads)
{
    char err[ERR_SIZE];
    cr_assert(engine_open(e, &linear_model, threads, err), "%s", err);
}

Test(params, init_draws_weights_and_clears_biases)
{
    struct engine e;
    open_engine(&e, 1);
    params_init(&e, 1, 2.0);
    const struct param *weight = &linear_model.params[0], *bias = &linear_model.params[1];
    double squares = 0;
    for (size_t k = 0; k < params_count(weight); k++)
        squares += pow((double)e.arena[weight->at + params_index(weight, k)], 2);
    double deviation = sqrt(squares/(double)params_count(weight));
    cr_assert_gt(deviation, 1.6);
    cr_assert_lt(deviation, 2.4);
    for (size_t k = 0; k < bias->stored; k++)
        cr_assert_eq(e.arena[bias->at + k], 0);
    engine_close(&e);
}

Test(params, init_scales_with_the_deviation)
{
    struct engine e;
    open_engine(&e, 1);
    size_t at = linear_model.params[0].at;
    params_init(&e, 1, -1);
    double own = (double)e.arena[at];
    params_init(&e, 1, 0.02);
    cr_assert_float_eq((double)e.arena[at], 2*own, 1e-8);
    params_init(&e, 1, 0);
    cr_assert_eq(e.arena[at], 0);
    engine_close(&e);
}

Test(params, init_depends_on_the_seed_and_not_on_the_threads)
{
    struct engine one, three, other;
    open_engine(&one, 1);
    open_engine(&three, 3);
    open_engine(&other, 1);
    params_init(&one, 7, -1);
    params_init(&three, 7, -1);
    params_init(&other, 8, -1);
    size_t bytes = linear_model.arena*sizeof(real);
    cr_assert_eq(memcmp(one.arena, three.arena, bytes), 0);
    cr_assert_neq(memcmp(one.arena, other.arena, bytes), 0);
    engine_close(&one);
    engine_close(&three);
    engine_close(&other);
}

/* A convolution of 4 channels to 6 filters in `groups` groups, 2x3 windows. */
static void check_dirac(int groups)
{
    const int in = 4/groups, group = 6/groups;
    const struct param p = { .name = "conv1.weight", .kind = PARAM_CONV, .rank = 4,
                             .dim = { 6, in, 2, 3 }, .in_c = 4, .role = ROLE_WEIGHT, .init = 1,
                             .m = 300, .v = 600, .stored = 6*2*16, .first = INIT_DIRAC,
                             .own_init = 1 };
    struct model model = linear_model;
    model.params = &p;
    model.nparams = 1;
    model.arena = 900;
    char err[ERR_SIZE];
    struct engine e;
    cr_assert(engine_open(&e, &model, 1, err), "%s", err);
    params_init(&e, 1, -1);
    for (int f = 0; f < 6; f++)
        for (int c = 0; c < in; c++)
            for (int k = 0; k < 2*3; k++) {
                double w = (double)e.arena[params_index(&p, (size_t)((f*in + c)*6 + k))];
                if (f % group >= in)
                    cr_expect(w != 0 && w != 1, "filter %d is not drawn", f);
                else
                    cr_expect(w == (c == f % group && k == 1), "filter %d: %g at %d of channel %d",
                              f, w, k, c);
            }
    engine_close(&e);
}

Test(params, init_dirac_passes_on_the_channels_of_each_group)
{
    check_dirac(1);
    check_dirac(2);
}
